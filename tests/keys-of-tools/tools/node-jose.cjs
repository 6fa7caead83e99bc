const { writeFileSync } = require("node:fs");
const jose = require(`${process.env.NPM}/node-jose`);

(async () => {
  const store = jose.JWK.createKeyStore();
  const key = await store.generate("EC", "P-256", { alg: "ES256", use: "sig" });
  writeFileSync("version", `node-jose ${require(`${process.env.NPM}/node-jose/package.json`).version}`);
  writeFileSync("reference.pub", key.toPEM());
  writeFileSync("read/to-pem.pem", key.toPEM());
  writeFileSync("read/to-pem-private.pem", key.toPEM(true));
  writeFileSync("read/private.jwk", JSON.stringify(key.toJSON(true)));
  writeFileSync("read/public.jwk", JSON.stringify(key.toJSON()));
  writeFileSync("read/store-private.json", JSON.stringify(store.toJSON(true)));
  writeFileSync("read/store.json", JSON.stringify(store.toJSON()));
})();
