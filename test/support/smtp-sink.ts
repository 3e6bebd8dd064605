/** A real SMTP server that keeps what it takes, behind a line that can be cut at any moment. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

export type SmtpMood =
  | "accept"
  | "wrongCredentials"
  | "refuseSender"
  | "refuseRecipient"
  | "refuseRelaying"
  | "refuseContent"
  | "deferRecipient"
  | "deferContent"
  | "closeAfterData"
  | "cutAtGreeting"
  | "cutAtRecipient"
  | "cutAfterData"
  | "hang";

interface Received {
  raw: string;
  mail: ParsedMail;
  from: string;
  to: string[];
  /** It was answered with a refusal: whoever sends it again sends it for the first time. */
  refused: boolean;
}

export interface SmtpSink {
  port: number;
  user: string;
  password: string;
  /** Every message whose bytes arrived completely, whether or not it was confirmed. */
  readonly received: Received[];
  setMood(mood: SmtpMood): void;
  close(): Promise<void>;
}

const reply = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });

export const startSmtpSink = async (): Promise<SmtpSink> => {
  let mood: SmtpMood = "accept";
  const user = "accolade";
  const password = "a password of the sink";
  const received: Received[] = [];
  const lines = new Set<Socket>();
  const cut = () => {
    for (const line of lines) line.resetAndDestroy();
  };

  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 50,
    onAuth: (auth, _session, done) =>
      mood !== "wrongCredentials" && auth.username === user && auth.password === password
        ? done(null, { user })
        : done(reply(535, "5.7.8 Authentication credentials invalid")),
    onMailFrom: (_address, _session, done) =>
      done(mood === "refuseSender" ? reply(550, "5.7.1 Sender address rejected: not owned by user") : null),
    onRcptTo: (address, _session, done) => {
      if (mood === "cutAtRecipient") return cut();
      if (mood === "refuseRecipient")
        return done(reply(550, `5.1.1 <${address.address}>: Recipient address rejected: User unknown`));
      if (mood === "refuseRelaying") return done(reply(554, `5.7.1 <${address.address}>: Relay access denied`));
      if (mood === "deferRecipient") return done(reply(451, "4.7.1 Greylisted, try again later"));
      done();
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        const raw = Buffer.concat(chunks).toString("utf8");
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          raw,
          mail: await simpleParser(raw),
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          refused: mood === "refuseContent" || mood === "deferContent" || mood === "closeAfterData",
        });
        if (mood === "hang") return;
        if (mood === "cutAfterData") return cut();
        if (mood === "refuseContent") return done(reply(554, "5.6.0 Message content rejected"));
        if (mood === "deferContent") return done(reply(451, "4.3.0 Local error in processing"));
        if (mood === "closeAfterData") return done(reply(421, "4.3.2 Service shutting down"));
        done();
      });
    },
  });
  server.on("error", () => {}); // a cut line is what some moods are for
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const behind = (server.server.address() as AddressInfo).port;

  // in front of it, so that a connection can be cut without the server's doing
  const front = createServer((line) => {
    lines.add(line);
    line.on("close", () => lines.delete(line));
    line.on("error", () => {});
    if (mood === "cutAtGreeting") return void line.destroy();
    const onward = connect(behind, "127.0.0.1");
    onward.on("error", () => line.destroy());
    line.on("close", () => onward.destroy());
    onward.on("close", () => line.end());
    line.pipe(onward).pipe(line);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));

  return {
    port: (front.address() as AddressInfo).port,
    user,
    password,
    received,
    setMood(next) {
      mood = next;
      // who is signed in stays so; wrong credentials show on the next connection
      if (mood === "wrongCredentials") cut();
    },
    async close() {
      for (const line of lines) line.destroy();
      await new Promise((resolve) => front.close(resolve));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
