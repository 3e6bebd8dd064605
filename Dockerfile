# The image that runs Accolade: compiled JavaScript and production dependencies, as an ordinary user.
# test/packaging/production-install.test.ts runs these instructions without a Docker engine.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY connectors connectors
COPY src src
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
COPY --from=build /app/dist dist
COPY bin bin
COPY migrations migrations
COPY public public
COPY rulebooks rulebooks
COPY rules rules
COPY sandbox sandbox
COPY templates templates

# /data: what the server writes. /workspace: accolade.yaml, rules/ and people.yaml, mounted; without them the sandbox starts.
RUN install -d -o node -g node /data /workspace
ENV ACCOLADE_HOME=/data
VOLUME /data
WORKDIR /workspace
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "/app/bin/accolade.js", "serve"]
