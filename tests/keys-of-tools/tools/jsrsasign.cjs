const { writeFileSync } = require("node:fs");
const { KEYUTIL } = require(`${process.env.NPM}/jsrsasign`);

const { prvKeyObj, pubKeyObj } = KEYUTIL.generateKeypair("EC", "secp256r1");
writeFileSync("version", `jsrsasign ${require(`${process.env.NPM}/jsrsasign/package.json`).version}`);
writeFileSync("reference.pub", KEYUTIL.getPEM(pubKeyObj));
writeFileSync("read/pkcs8.pem", KEYUTIL.getPEM(prvKeyObj, "PKCS8PRV"));
writeFileSync("read/pkcs5.pem", KEYUTIL.getPEM(prvKeyObj, "PKCS1PRV"));
writeFileSync("read/public.pem", KEYUTIL.getPEM(pubKeyObj));
writeFileSync("read/private.jwk", JSON.stringify(KEYUTIL.getJWKFromKey(prvKeyObj)));
writeFileSync("read/public.jwk", JSON.stringify(KEYUTIL.getJWKFromKey(pubKeyObj)));
writeFileSync("named/encrypted.pem", KEYUTIL.getPEM(prvKeyObj, "PKCS8PRV", "changeit"));
