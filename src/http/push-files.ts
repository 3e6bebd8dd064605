/** The script of a recipient's page and the worker that shows notifications: our own files, served as they are. */
import { readFileSync } from "node:fs";
import path from "node:path";
import express, { type Router } from "express";
import { packageRoot } from "../package-root.ts";

export const pushFiles = (): Router => {
  const router = express.Router({ caseSensitive: true });
  for (const name of ["push.js", "push-worker.js"]) {
    const text = readFileSync(path.join(packageRoot, "public", name), "utf8");
    router.get(`/${name}`, (_request, response) => {
      response.set({ "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache" }).end(text);
    });
  }
  return router;
};
