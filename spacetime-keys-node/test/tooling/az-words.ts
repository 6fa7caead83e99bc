// What the real az prints on stderr when it fails, and with which exit code it ends.

export interface Words {
  exit: number;
  lines: string[];
}

/** An error of the service: its code, its message, and the inner code that tells which it is. */
function service(exit: number, code: string, message: string, inner: string | null = null): Words {
  const lines = [`ERROR: (${code}) ${message}`, `Code: ${code}`, `Message: ${message}`];
  if (inner !== null) lines.push("Inner error: {", `    "code": "${inner}"`, "}");
  return { exit, lines };
}

export function notFound(secret: string): Words {
  return service(
    3,
    "SecretNotFound",
    `A secret with (name/id) ${secret} was not found in this key vault. If you recently deleted ` +
      "this secret you may be able to recover it using the correct recovery command.",
  );
}

export function deleted(secret: string): Words {
  return service(
    1,
    "Conflict",
    `Secret ${secret} is currently in a deleted but recoverable state, and its name cannot be ` +
      "reused; in this state, the secret can only be recovered or purged.",
    "ObjectIsDeletedButRecoverable",
  );
}

export const DISABLED = service(
  1,
  "Forbidden",
  "Operation get is not allowed on a disabled secret.",
  "SecretDisabled",
);

export const ANSWER_LOST = service(1, "ServiceUnavailable", "The answer was lost.");

/** Failures that come before anything is done. `hunter2` is what nobody should ever see. */
export const FAILURES = {
  login: { exit: 1, lines: ["ERROR: Please run 'az login' to setup account."] },
  expired: {
    exit: 1,
    lines: [
      "ERROR: AADSTS700082: The refresh token has expired due to inactivity.",
      "Interactive authentication is needed. Please run:",
      "az login --scope https://vault.azure.net/.default",
    ],
  },
  rbac: service(
    1,
    "Forbidden",
    "Caller is not authorized to perform action on resource.\nIf role assignments, deny " +
      "assignments or role definitions were changed recently, please observe propagation time.",
    "ForbiddenByRbac",
  ),
  policy: service(
    1,
    "Forbidden",
    "The user, group or application 'appid=0' does not have secrets get permission on key vault " +
      "'kv;location=eastus'.",
    "AccessDenied",
  ),
  firewall: service(
    1,
    "Forbidden",
    "Client address is not authorized and caller is not a trusted service.",
    "ForbiddenByFirewall",
  ),
  dns: {
    exit: 1,
    lines: [
      "ERROR: <urllib3.connection.HTTPSConnection object at 0x7f0000000000>: " +
        "Failed to resolve 'kv.vault.azure.net' ([Errno -2] Name or service not known)",
    ],
  },
  "dns-login": {
    exit: 1,
    lines: [
      "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries " +
        "exceeded (Caused by NameResolutionError: Failed to resolve 'login.microsoftonline.com')",
    ],
  },
  throttled: service(
    1,
    "Throttled",
    "Request was not processed because too many requests were received. Reason: " +
      "VaultRequestTypeLimitReached",
  ),
  other: service(1, "InternalServerError", "Something that holds hunter2hunter2"),
  crash: { exit: 255, lines: ["Traceback (most recent call last): hunter2hunter2"] },
  old: { exit: 2, lines: ["ERROR: unrecognized arguments: --encoding"] },
} satisfies Record<string, Words>;
