// DEMO. Your own login belongs here.

import { HttpError, answer, readJson } from "./http.mjs";
import { authenticate } from "./users.mjs";

/** @param {import("./sessions.mjs").Sessions} sessions @param {string} demoPassword */
export function loginRoutes(sessions, demoPassword) {
  return {
    "POST /login": async (request) => {
      const { user, password } = await readJson(request);
      if (typeof user !== "string" || typeof password !== "string") {
        throw new HttpError(400, "malformed");
      }
      const found = authenticate(user, password, demoPassword);
      if (!found) throw new HttpError(401, "wrong_user_or_password");
      sessions.end(request);
      return answer(204, null, { "set-cookie": sessions.begin(found.id) });
    },

    "POST /logout": async (request) => {
      await readJson(request);
      return answer(204, null, { "set-cookie": sessions.end(request) });
    },
  };
}
