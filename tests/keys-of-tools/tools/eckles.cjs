const { writeFileSync } = require("node:fs");
const eckles = require(`${process.env.NPM}/eckles`);

(async () => {
  const pair = await eckles.generate({ format: "jwk", namedCurve: "P-256" });
  const write = async (name, options) => writeFileSync(name, await eckles.export(options));
  writeFileSync("version", `eckles ${require(`${process.env.NPM}/eckles/package.json`).version}`);
  await write("reference.pub", { jwk: pair.public, format: "spki", public: true });
  await write("read/sec1.pem", { jwk: pair.private, format: "sec1" });
  await write("read/pkcs8.pem", { jwk: pair.private, format: "pkcs8" });
  await write("read/spki.pem", { jwk: pair.private, format: "spki", public: true });
  await write("named/ssh.pub", { jwk: pair.public, format: "ssh", public: true });
  writeFileSync("read/private.jwk", JSON.stringify(pair.private, null, 2));
  writeFileSync("read/public.jwk", JSON.stringify(pair.public, null, 2));
})();
