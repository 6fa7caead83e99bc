// What az says when it fails, told apart. Its own text is never shown: only what is recognized in
// it, and the service's error code.

import { Problem } from "./problem.ts";

export type AzFailureKind =
  | "not-installed"
  | "not-logged-in"
  | "no-role"
  | "firewall"
  | "disabled"
  | "deleted"
  | "being-recovered"
  | "no-such-vault"
  | "throttled"
  | "unreachable"
  | "too-old"
  | "timeout"
  | "not-found"
  | "unreadable"
  | "other";

export class AzFailure extends Problem {
  readonly kind: AzFailureKind;

  constructor(kind: AzFailureKind, message: string, hint: string) {
    super(message, hint);
    this.name = "AzFailure";
    this.kind = kind;
  }

  /** Whether every other call would fail, too. */
  get concernsAll(): boolean {
    return this.kind === "not-installed" || this.kind === "not-logged-in";
  }
}

/** Which call it was. */
export interface AzCall {
  action: "read" | "write" | "list";
  vault: string;
  secret: string;
}

// In this order: a 403 of the firewall or of a disabled secret is a `(Forbidden)`, too.
const SIGNS: readonly [AzFailureKind, RegExp][] = [
  ["not-found", /\(SecretNotFound\)|Code: SecretNotFound/],
  ["deleted", /ObjectIsDeletedButRecoverable|in a deleted but recoverable state/],
  ["being-recovered", /ObjectIsBeing(?:Recovered|Deleted)|currently being (?:recovered|deleted)/],
  ["disabled", /SecretDisabled|disabled secret/],
  ["firewall", /ForbiddenBy(?:Firewall|Connection)|Client address is not authorized/],
  ["firewall", /Public network access is disabled/],
  ["no-role", /\(Forbidden\)|ForbiddenBy(?:Rbac|Policy)|AccessDenied|does not have secrets/],
  ["not-logged-in", /\baz login\b|AADSTS\d+|\(Unauthorized\)|AKV10\d{3}/],
  ["not-logged-in", /No subscriptions? found|Failed to connect to MSI/],
  ["unreachable", /'login\.microsoftonline\.com'/],
  ["no-such-vault", /Failed to resolve|NameResolutionError|name resolution|getaddrinfo failed/],
  ["no-such-vault", /Name or service not known|nodename nor servname|VaultNotFound/],
  ["no-such-vault", /Max retries exceeded attempting to connect to vault/i],
  ["throttled", /\(Throttled\)|TooManyRequests|Too Many Requests|VaultRequestTypeLimitReached/],
  ["unreachable", /Connection (?:refused|reset|aborted)|timed out|Network is unreachable/i],
  ["unreachable", /ConnectTimeout|Max retries exceeded/],
  ["too-old", /unrecognized arguments|is misspelled or not recognized/],
];

function roleHint({ action, vault }: AzCall): string {
  const role = action === "write" ? "Key Vault Secrets Officer" : "Key Vault Secrets User";
  const permission = action === "write" ? "set" : "get and list";
  return (
    `give this login the role "${role}" on ${vault} ` +
    `(with access policies: secret permission ${permission}), then wait a few minutes`
  );
}

function explain(kind: AzFailureKind, call: AzCall): [string, string] {
  const { vault, secret } = call;
  const did = { read: "reading", write: "writing", list: "listing versions of" }[call.action];
  const what = `${did} ${secret} in ${vault}`;
  const at = `--vault-name ${vault} --name ${secret}`;
  switch (kind) {
    case "not-installed":
      return ["az is not on PATH", "install the Azure CLI, or start where it is installed"];
    case "not-logged-in":
      return ["az is not logged in, or its login has expired", "`az login` (or `just az-login`)"];
    case "no-role":
      return [`${what}: this login has no right to (403)`, roleHint(call)];
    case "firewall":
      return [
        `${what}: the vault's firewall does not let this machine in (403)`,
        `let this address in (networking settings of ${vault}), or run on a host that is let in`,
      ];
    case "disabled":
      return [
        `${what}: its latest version is disabled`,
        `if that is not meant: az keyvault secret set-attributes ${at} --enabled true`,
      ];
    case "deleted":
      return [
        `${what}: a secret of this name was deleted and can be recovered`,
        `az keyvault secret recover ${at}; recovering may take a minute`,
      ];
    case "being-recovered":
      return [`${what}: it is just being recovered or deleted`, "wait a minute, then again"];
    case "no-such-vault":
      return [
        `${what}: no such vault answers (its name was not found)`,
        "compare VAULTS at the top of the script with `az keyvault list -o table`; " +
          "if they agree, look at the network and DNS",
      ];
    case "throttled":
      return [`${what}: the vault is too busy (429)`, "wait a few minutes, then again"];
    case "unreachable":
      return [`${what}: Azure was not reached`, "look at the network and the proxy, then again"];
    case "too-old":
      return [`${what}: this az does not know the command`, "`az upgrade`"];
    case "timeout":
      return [
        `${what}: az did not end in time and was stopped`,
        "look at the network; a slow link: set SPACETIMEDB_TOOLING_AZ_TIMEOUT to more seconds",
      ];
    case "unreadable":
      return [`${what}: what az printed is no text in UTF-8`, "look at it in the portal"];
    case "not-found":
      return [`${what}: there is none`, "look at the vault in the portal"];
    case "other":
      return [what, `see for yourself: az keyvault secret list --vault-name ${vault} -o table`];
  }
}

export function failure(kind: AzFailureKind, call: AzCall): AzFailure {
  const [message, hint] = explain(kind, call);
  return new AzFailure(kind, message, hint);
}

/** Judges a call that ended with another exit code than 0. */
export function classify(call: AzCall, exitCode: number | null, stderr: string): AzFailure {
  const kind = SIGNS.find(([, sign]) => sign.test(stderr))?.[0] ?? "other";
  if (kind !== "other") return failure(kind, call);
  const [what, hint] = explain("other", call);
  const code = /^\s*(?:ERROR:\s*)?\(([A-Za-z][A-Za-z0-9]{1,60})\)/m.exec(stderr)?.[1];
  const ended = exitCode === null ? "was killed" : `ended with exit code ${exitCode}`;
  return new AzFailure("other", `${what}: az ${ended}${code ? ` (${code})` : ""}`, hint);
}
