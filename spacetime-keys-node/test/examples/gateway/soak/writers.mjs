// Constant writes: new documents, and old ones that go. Half of them through the gateway, half beside it. What fails
// while the database is away is written off: what there was, the database says.

/** Milliseconds until a writer tries again. */
const AFTER_FAILURE = 100;
/** Documents that a tenant keeps. */
const KEPT = 50;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Writers {
  #world;
  #pause;
  #isStopped = false;
  #mayDelete = true;
  #isDeleting = false;
  #running = [];
  written = 0;
  failed = 0;
  deleted = 0;

  /**
   * @param tenants `tenant`, the `user` who writes there, and the user's `headers`.
   * @param pause Milliseconds between two writes of one writer.
   */
  constructor(world, tenants, pause) {
    this.#world = world;
    this.#pause = pause;
    for (const tenant of tenants) this.#running.push(this.#write(tenant), this.#write(tenant));
    this.#running.push(this.#delete(tenants));
  }

  /** What was deleted must be on disk before a kill: it would come back, and be written twice. */
  async keepAll() {
    this.#mayDelete = false;
    while (this.#isDeleting) await sleep(20);
  }

  goOn() {
    this.#mayDelete = true;
  }

  async stop() {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  async #write({ tenant, user, headers }) {
    for (let number = 1; !this.#isStopped; number += 1) {
      const title = `„${tenant}“ ${number} ${Date.now()}`;
      const beside = number % 2 === 0;
      try {
        if (beside) await this.#world.write(user, tenant, title);
        else if ((await this.#world.post(headers, { tenant, title })) !== 204)
          throw new Error("refused");
        this.written += 1;
        await sleep(this.#pause);
      } catch {
        this.failed += 1;
        await sleep(AFTER_FAILURE);
      }
    }
  }

  async #delete(tenants) {
    while (!this.#isStopped) {
      await sleep(this.#pause);
      if (!this.#mayDelete) continue;
      this.#isDeleting = true;
      for (const { tenant, user } of tenants) await this.#trim(tenant, user, KEPT);
      this.#isDeleting = false;
    }
  }

  /** Deletes the oldest until so many are left. */
  async #trim(tenant, user, kept) {
    const rows = await this.#world.rows(`SELECT id FROM document WHERE tenant_id = '${tenant}'`);
    const ids = rows.map(([id]) => id).sort((a, b) => a - b);
    for (const id of ids.slice(0, Math.max(0, ids.length - kept))) {
      if (!this.#mayDelete) return;
      await this.#world.delete(user, tenant, id);
      this.deleted += 1;
    }
  }
}
