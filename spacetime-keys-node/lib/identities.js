"use strict";

const check = require("./check.js");
const { attempt, translate } = require("./errors.js");
const native = require("./native.js");

const subjectList = check.list(check.text);

function deriveIdentity(issuer, subject) {
  check.text(issuer, "issuer");
  check.text(subject, "subject");
  return attempt(() => native.deriveIdentity(issuer, subject));
}

function deriveIdentities(issuer, subjects) {
  check.text(issuer, "issuer");
  const json = JSON.stringify(subjectList(subjects, "subjects"));
  return JSON.parse(attempt(() => native.deriveIdentities(issuer, json)));
}

async function deriveIdentitiesAsync(issuer, subjects) {
  check.text(issuer, "issuer");
  const json = JSON.stringify(subjectList(subjects, "subjects"));
  try {
    return JSON.parse(await native.deriveIdentitiesAsync(issuer, json));
  } catch (error) {
    throw translate(error);
  }
}

module.exports = { deriveIdentities, deriveIdentitiesAsync, deriveIdentity };
