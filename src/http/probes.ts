/** What an orchestrator and Prometheus ask. */
import express, { type Router } from "express";
import type { HttpParts } from "./parts.ts";

export const probes = (parts: HttpParts): Router => {
  const router = express.Router();
  router.get("/healthz", (_request, response) => {
    response.json({ ok: true });
  });
  router.get("/readyz", async (_request, response) => {
    const ready = await parts.ready();
    response.status(ready.ok ? 200 : 503).json(ready);
  });
  router.get("/metrics", async (_request, response) => {
    const { contentType, body } = await parts.telemetry.text();
    response.set("Content-Type", contentType).end(body);
  });
  return router;
};
