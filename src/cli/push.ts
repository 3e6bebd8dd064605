import { Command } from "commander";

/** `accolade push keys`: a new pair of VAPID keys, as two lines for the environment. */
export const pushCommand = (): Command =>
  new Command("push").description("notifications on recipients' devices").addCommand(
    new Command("keys")
      .description("make a pair of keys and print them as two lines for the environment; nothing is stored")
      .action(async () => {
        const { default: library } = await import("web-push");
        const { publicKey, privateKey } = library.generateVAPIDKeys();
        console.log(`ACCOLADE_PUSH_PUBLIC_KEY=${publicKey}`);
        console.log(`ACCOLADE_PUSH_PRIVATE_KEY=${privateKey}`);
      }),
  );
