// workerd: what is asked is a request's body.

import { everything } from "./calls.mjs";
import * as api from "./workerd.mjs";

export default {
  async fetch(request) {
    return Response.json(await everything(api, await request.json()));
  },
};
