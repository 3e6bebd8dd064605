import { z } from "zod";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Where a CRM's API is, as an integrator may write it. A token travels there, so the way has to be encrypted; only a stand-in
 * on the same machine needs no certificate.
 */
export const ApiAddress = z.url({ abort: true }).refine((text) => {
  const url = URL.parse(text);
  if (!url) return false;
  const { protocol, hostname, username, password } = url;
  const encrypted = protocol === "https:" || (protocol === "http:" && loopback.test(hostname));
  return encrypted && username === "" && password === "";
}, "expected an https:// address without user name and password; http:// only on this machine");
