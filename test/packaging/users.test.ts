/** `users:` in accolade.yaml: what is taken, what is refused with its place, and that no token is ever shown or kept. */
import { expect, test } from "@jest/globals";
import { readConfigFile } from "../../src/config-file.ts";
import { approverGroups, userWithToken } from "../../src/users.ts";
import { problemLine } from "../../src/yaml/problem.ts";

const TOKEN = "a-token-with-more-than-24-characters";
const read = (users: string) =>
  readConfigFile("accolade.yaml", `users:\n${users}`, (name) => (name === "ANNA_TOKEN" ? TOKEN : undefined));
const anna = `  - { email: anna@acme.example, name: Anna Conti, roles: [approver], groups: [finance], token: "\${ANNA_TOKEN}" }\n`;

test("users with roles, groups and tokens; the groups in which somebody can decide", () => {
  const config = read(
    `${anna}  - { email: vera@acme.example, name: Vera, roles: [viewer], groups: [lookers] }\n  - { email: paolo@acme.example, name: Paolo, roles: [admin], groups: [sales] }\n`,
  );
  if (!config.ok) throw new Error(config.problems.map(problemLine).join("\n"));
  const { users, secrets } = config.value;
  expect([...approverGroups(config.value)]).toEqual(["finance", "sales"]);
  expect(userWithToken(users, TOKEN)?.email).toBe("anna@acme.example");
  for (const wrong of ["", `${TOKEN} `, TOKEN.slice(1), "undefined", "null"])
    expect(userWithToken(users, wrong)).toBeUndefined();
  expect(secrets).toContain(TOKEN);
  expect(JSON.stringify(users)).not.toContain(TOKEN);
});

test.each([
  [
    "a token that is short",
    "  - { email: a@b.example, name: A, roles: [admin], token: hunter2-hunter2 }",
    "found a token of 15 characters, expected at least 24 random ones",
  ],
  [
    "the same token twice",
    `${anna}  - { email: b@b.example, name: B, roles: [admin], token: ${TOKEN} }`,
    "found the token of another user",
  ],
  [
    "the same user twice",
    `${anna}  - { email: ANNA@acme.example, name: A, roles: [admin] }`,
    "for the second time, expected each user once",
  ],
  ["no role", "  - { email: a@b.example, name: A, roles: [] }", "accolade.yaml:2:"],
  ["a role that is not one", "  - { email: a@b.example, name: A, roles: [boss] }", "found `boss`"],
  [
    "a group that has a meaning",
    "  - { email: a@b.example, name: A, roles: [approver], groups: [manager] }",
    "found `manager`, expected a name of your own",
  ],
  ["an unknown key", "  - { email: a@b.example, name: A, roles: [admin], password: x }", "found the key `password`"],
])("%s: refused with its place", (_, users, problem) => {
  const config = read(users);
  if (config.ok) throw new Error("it was taken");
  const lines = config.problems.map(problemLine).join("\n");
  expect(lines).toContain(problem);
  expect(lines).not.toMatch(/hunter2|a-token-with/);
});
