//! One type for every error of the library, made from one table.
//!
//! A row says: name, class, code, message, and behind the arrow what to do next. There each `{}`
//! stands for a step.

use super::Class;
use super::advice;
use super::kinds::{
    Algorithm, Claim, Encoding, Found, JsonFlaw, MintClaim, Proof, ServerFlaw, SignatureFlaw,
    TokenFormat, TokenPart, TomlFlaw, Unsound,
};
use super::promotion_kinds::PassportFlaw;
use super::set_kinds::{DiscoveryFlaw, IssuerDifference, NoSet, UrlDanger};
use crate::advice::{Advice, Choice, NextStep as Step};

errors! {
    // ---- PEM ----------------------------------------------------------------------------------
    /// The input is empty, or blank.
    PemEmpty: Input "ERR_PEM_EMPTY" "the input is empty: no key in it"
        => ("take the key from your key store again, or {}", [Step::SYNC]);
    /// The input is not text in UTF-8, or not PEM at all.
    PemEncoding(what: Encoding): Input "ERR_PEM_ENCODING" "not a PEM text: this is {0}"
        => advice::of_encoding(what);
    /// There is no `-----BEGIN …-----` line.
    PemMissing: Input "ERR_PEM_MISSING" "no PEM block found (no -----BEGIN …----- line)"
        => advice::THE_FILE_ITSELF;
    /// A block begins but does not end, or its content stops in the middle.
    PemCutOff: Input "ERR_PEM_CUT_OFF" "the PEM block is cut off"
        => "copy the whole key again, from -----BEGIN to the end of the -----END line";
    /// The text between the markers is not base64.
    PemBase64: Input "ERR_PEM_BASE64" "the PEM block holds characters that are not base64"
        => "copy the key again: a character was changed on the way";
    /// There is more than one key, and which of them is meant cannot be known.
    PemSeveral: Input "ERR_PEM_SEVERAL" "more than one key found in one PEM text"
        => "leave only the one that is meant in the file";
    /// The same in a JSON document or a JWK set.
    JsonSeveral: Input "ERR_PEM_SEVERAL" "more than one key found in one JSON document"
        => "take the one that is meant: `jq -r .MEMBER FILE` (of a JWK set, `jq '.keys[0]' FILE`)";
    /// A JWK lacks a number, or one of them is not base64url.
    JwkMalformed: Input "ERR_JWK_MALFORMED" "a number of the JSON Web Key is missing, or is not base64url"
        => "export the key again: `kty`, `crv`, `x`, `y`, and `d` of a private key";

    // ---- Keys ---------------------------------------------------------------------------------
    /// A well-known thing that is no P-256 key in the expected container.
    KeyUnsupported(what: Found): Input "ERR_KEY_UNSUPPORTED" "a P-256 key is needed; found {0}"
        => advice::of_found(what);
    /// A public key stands where a private key belongs.
    KeyIsPublic: Input "ERR_KEY_IS_PUBLIC" "a private key is needed; found a public key (are the two files swapped?)"
        => "swap the two files: the private key is id_ecdsa, the public key id_ecdsa.pub";
    /// A private key stands where a public key belongs.
    KeyIsPrivate: Input "ERR_KEY_IS_PRIVATE" "a public key is needed; found a private key (are the two files swapped?)"
        => "swap the two files: the private key is id_ecdsa, the public key id_ecdsa.pub";
    /// The container's DER encoding does not hold together.
    KeyDamaged: Input "ERR_KEY_DAMAGED" "the key's DER encoding is damaged"
        => "take the key from your key store or a backup again; it cannot be repaired";
    /// The numbers do not make a key: a scalar out of range, a point off the curve.
    KeyInvalid: Input "ERR_KEY_INVALID" "the key's numbers are not a valid P-256 key"
        => "take the key from your key store or a backup again; it cannot be repaired";
    /// Another key stands where an RSA key is needed.
    KeyNotRsa: Input "ERR_KEY_NOT_RSA" "an RSA key (rsaEncryption) is needed; found a key of another kind"
        => ("make an RSA pair: {}", [Step::KeyGenerateRsa]);
    /// An RSA modulus outside 2048 to 8192 bits.
    KeyRsaSize: Input "ERR_KEY_RSA_SIZE" "the RSA key is smaller than 2048 or larger than 8192 bits"
        => "make a key of 2048 bits, which every SpacetimeDB server can use";
    /// RSA numbers that make no key, or that are not written in as few bytes as they need.
    KeyRsaInvalid: Input "ERR_KEY_RSA_INVALID" "the key's numbers are not a valid RSA key"
        => "take the key from its issuer again; numbers are written without leading zeros";
    /// A private key file carries a public key that is not its own.
    KeyEmbeddedMismatch: Input "ERR_KEY_EMBEDDED_MISMATCH" "the public key inside the private key file belongs to another private key"
        => "two keys were mixed into one file: take it from your key store or a backup again";
    /// Private and public key do not belong together.
    PairMismatch: Input "ERR_PAIR_MISMATCH" "the private and the public key do not belong together"
        => ("the private key decides: `openssl pkey -in PRIVATE -pubout -out PUBLIC` writes its public key; in a fleet, {}",
            [Step::RESUME]);
    /// A signature made with the key does not verify with it.
    SelfTest: Input "ERR_SELF_TEST" "self-test failed: a signature made with this key does not verify"
        => "do not use this key; report this, with your processor and system, as a bug";
    /// The operating system gave no randomness.
    Random: Input "ERR_RANDOM" "the operating system's random number generator failed"
        => "the system has no usable /dev/urandom: repair that first";

    // ---- Tokens -------------------------------------------------------------------------------
    /// Over 1 MiB.
    TokenTooLarge: Input "ERR_TOKEN_TOO_LARGE" "the token is larger than 1 MiB"
        => "this is no SpacetimeDB token; look at what was passed";
    /// Not a JWT: an opaque access token.
    TokenOpaque: Safety "ERR_TOKEN_OPAQUE" "this token is opaque (not a JWT): it says nothing about who its bearer is"
        => "ask the issuer for a signed JWT (with OIDC: request a `resource` audience), or use the token that the server itself issued";
    /// A text with more than one token, and which of them is meant cannot be known.
    TokenSeveral: Input "ERR_TOKEN_SEVERAL" "more than one token found in one text"
        => "take the one that is meant; of a JSON document: `jq -r .id_token FILE` (or `.access_token`)";
    /// A PASETO, or a JWS in JSON: no compact JWS.
    TokenOtherFormat(_what: TokenFormat): Safety "ERR_TOKEN_OPAQUE" "this token is {0}, not a JWT: no SpacetimeDB server reads it"
        => "ask the issuer for a signed JWT: three parts with dots between them, the first of which begins with `eyJ`";
    /// Five parts: encrypted.
    TokenEncrypted: Safety "ERR_TOKEN_ENCRYPTED" "this token is encrypted (JWE): its claims cannot be read"
        => "ask the issuer for a signed JWT (with OIDC: request a `resource` audience), or use the token that the server itself issued";
    /// `iss` says that one database calls another with it.
    TokenOfDatabase: Safety "ERR_TOKEN_OF_DATABASE" "this token is a database's own, for one call to another database (`spacetimedb-idc-v1`): servers take it from no client"
        => ("a server signs such a token for 60 seconds, and a new one for each call: nothing has to be done about it. To publish, take the publisher's claims from escrow: {}",
            [Step::TOKEN_RESTORE]);
    /// A part of the token cannot be decoded.
    TokenMalformed(_what: TokenPart): Input "ERR_TOKEN_MALFORMED" "the token's {0} is malformed"
        => "copy the whole token again: three parts with dots between them";
    /// A part ends with `=` (RFC 7515, section 2: base64url without padding).
    TokenPadded(_what: TokenPart): Input "ERR_TOKEN_MALFORMED" "the token's {0} is padded with `=`"
        => advice::PADDED;
    /// A part has `+` or `/`: base64 of the usual alphabet.
    TokenAlphabet(_what: TokenPart): Input "ERR_TOKEN_MALFORMED" "the token's {0} is base64, and not base64url: it has `+` or `/`"
        => advice::ALPHABET;
    /// An ellipsis stands where the rest of the token was.
    TokenElided: Input "ERR_TOKEN_MALFORMED" "the token has an ellipsis in it: only a part of it was shown"
        => "copy the whole token from where it was issued: pages and logs shorten what they show";
    /// The same member twice in one JSON object (RFC 7519, section 4).
    TokenDuplicate(_what: TokenPart): Input "ERR_TOKEN_DUPLICATE" "the token's {0} has the same member twice"
        => "the token's issuer is faulty: servers and libraries would read it differently";
    /// The header's `alg` is not one that this operation takes.
    TokenAlgorithm(what: Algorithm): Safety "ERR_TOKEN_ALGORITHM" "the token's algorithm is {0}; a SpacetimeDB server signs with ES256"
        => advice::of_algorithm(what);
    /// A claim that is needed is absent.
    ClaimMissing(_what: Claim): Safety "ERR_CLAIM_MISSING" "the token has no `{0}` claim"
        => ("re-signing this token would not help; take the publisher's claims from escrow: {}",
            [Step::TOKEN_RESTORE]);
    /// A claim has a form that no server accepts.
    ClaimInvalid(_what: Claim): Safety "ERR_CLAIM_INVALID" "the token's `{0}` claim has a form that no SpacetimeDB server accepts"
        => ("re-signing this token would not help; take the publisher's claims from escrow: {}",
            [Step::TOKEN_RESTORE]);
    /// `hex_identity` is not what `iss` and `sub` give.
    TokenIdentityMismatch: Safety "ERR_TOKEN_IDENTITY_MISMATCH" "the token's `hex_identity` is not the identity of its `iss` and `sub`"
        => ("the claims were edited: find the token that the server issued, or {}",
            [Step::TOKEN_RESTORE]);
    /// `iss` is not `localhost`.
    TokenExternalIssuer: Safety "ERR_TOKEN_EXTERNAL_ISSUER" "the token comes from an external issuer, not from a server of yours"
        => ("its signing key is its issuer's, and a rotation does not touch it; if a key of yours did sign it, {}",
            [Step::Choose(Choice::AllowExternalIssuer)]);
    /// None of the public keys at hand verifies the signature.
    TokenUnverified: Safety "ERR_TOKEN_UNVERIFIED" "the token is signed by none of the known keys"
        => ("look whose it is ({}), and name that identity: {}; or {}; {}",
            [Step::PublisherDecode, Step::Choose(Choice::ExpectIdentity(None)), Step::Choose(Choice::AllowUnverified), Step::Choose(Choice::PreviousPublicKey)]);
    /// The identity is not the one that the caller expects.
    TokenUnexpectedIdentity: Safety "ERR_TOKEN_UNEXPECTED_IDENTITY" "the token's identity is not the expected one"
        => ("look whose token this is: {}", [Step::PublisherDecode]);
    /// `exp` has passed.
    TokenExpired: Safety "ERR_TOKEN_EXPIRED" "the token has expired"
        => ("re-sign the same claims: {}, or with a lifetime such as {}. For a user's token, get a fresh one of the same `sub` from its issuer",
            [Step::TOKEN_RESIGN.with(Choice::ClearExpiry), Step::Choose(Choice::Expiry)]);
    /// `nbf` has not come yet.
    TokenNotYetValid: Input "ERR_TOKEN_NOT_YET_VALID" "the token is not valid yet (`nbf`)"
        => ("wait, or compare the clocks of this machine and of the token's issuer; {} allows for a difference",
            [Step::Choose(Choice::Leeway)]);
    /// The signature does not verify with the key that it should be by.
    TokenSignature: Input "ERR_TOKEN_SIGNATURE" "the signature is not by this key, or the token was changed after it was signed"
        => ("compare the `kid`s: {} of the key, {} of the token; after a rotation, re-sign a server's own token: {}",
            [Step::KeyFingerprint, Step::TokenDecode, Step::TOKEN_RESIGN]);
    /// The signature is none of its algorithm's, whatever the key.
    TokenSignatureForm(what: SignatureFlaw): Input "ERR_TOKEN_SIGNATURE" "the token's signature {0}"
        => advice::of_signature(what);
    /// The JWK set has no key of the token's `kid`.
    TokenKeyUnknown: Input "ERR_TOKEN_KEY_UNKNOWN" "the JWK set has no key with the token's `kid`"
        => ("publish the key in the issuer's set, 10 minutes before the first token is signed with it ({})",
            [Step::JwksExport]);
    /// The key is of another type than the token's algorithm needs.
    TokenKeyType(_what: Algorithm): Input "ERR_TOKEN_KEY_TYPE" "the token's algorithm is {0}, and the key is not for that"
        => "ES256 needs a P-256 key, RS256 an RSA key: pass the other one";
    /// The algorithm is not the one that the caller expects.
    TokenUnexpectedAlgorithm(_what: Algorithm): Input "ERR_TOKEN_UNEXPECTED_ALGORITHM" "the token's algorithm is {0}, not the expected one"
        => ("find out who changed the issuer's algorithm, or pass the new one with {}",
            [Step::Choose(Choice::Algorithm)]);
    /// `crit` names header members that must be understood, and are not (RFC 7515, section 4.1.11).
    TokenCritical: Input "ERR_TOKEN_CRITICAL" "the token's header has critical members (`crit`, `b64`) that are not understood"
        => "the issuer demands an extension that neither we nor SpacetimeDB know: ask for plain JWTs";
    /// JSON that readers disagree on.
    TokenJson(_what: JsonFlaw): Input "ERR_TOKEN_JSON" "the token holds {0}: JSON readers disagree on that"
        => "the token's issuer should leave that member out";
    /// `iss` is not the expected one.
    TokenUnexpectedIssuer: Input "ERR_TOKEN_UNEXPECTED_ISSUER" "the token's `iss` is not the expected one"
        => ("look what it says: {}; a slash more or less at the end is another one",
            [Step::TokenDecode]);
    /// `iss` is not the `issuer` of the discovery document that led to the keys (`OpenID` Connect
    /// Discovery 1.0, section 4.3).
    TokenDiscoveryIssuer(_what: IssuerDifference): Input "ERR_TOKEN_DISCOVERY_ISSUER" "the token's `iss` is not the `issuer` of the discovery document{0}"
        => ("servers do not compare the two, other programs do: have the issuer write the same text in both. To leave them uncompared, name the set's own URL ({})",
            [Step::Choose(Choice::Jwks)]);
    /// `aud` does not name the expected audience.
    TokenUnexpectedAudience: Input "ERR_TOKEN_UNEXPECTED_AUDIENCE" "the token's `aud` does not name the expected audience"
        => ("look what it says: {}; a slash more or less at the end is another one",
            [Step::TokenDecode]);
    /// The algorithm is not in this build.
    AlgorithmUnavailable(_what: Algorithm): Input "ERR_ALGORITHM_UNAVAILABLE" "{0} is not in this build (it comes with the default backend, aws-lc-rs)"
        => "build with the default features";
    /// A server version that cannot be read.
    ServerVersion: Input "ERR_SERVER_VERSION" "not a server version: 1.2, 2.8.3 or 2.14 are some"
        => ("{}; `GET /v1/health` tells a server's version", [Step::TokenCheck]);

    // ---- Retired keys -------------------------------------------------------------------------
    /// A pair that has leaked.
    PairRevoked: Safety "ERR_PAIR_REVOKED" "this pair has leaked and is revoked"
        => ("{} makes a new one", [Step::ROTATE]);

    // ---- The exchange -------------------------------------------------------------------------
    /// The list of retired keys is not what it should be.
    RetiredKeysDamaged: Input "ERR_RETIRED_KEYS_DAMAGED" "the list of retired keys cannot be read"
        => ("{} writes it again, from the key store", [Step::SYNC]);
    /// The key that signed the token is not in the list, or it was changed after it was signed.
    KeyNotRetired: Safety "ERR_KEY_NOT_RETIRED" "the token is signed by no key of this server, nor by one that it had"
        => "its bearer needs a new token: from the server, or from the issuer that the app signs in with";
    /// The key has leaked.
    KeyRevoked: Safety "ERR_KEY_REVOKED" "the key has leaked and is revoked: nothing that it signs is good"
        => "its bearer needs a new token; an old identity that matters is proven by other means than this key";
    /// The time is over.
    KeyNotHonored: Safety "ERR_KEY_NOT_HONORED" "the token is signed by a retired key whose tokens are no longer honoured"
        => "its bearer needs a new token: from the server, or from the issuer that the app signs in with";
    /// `iat` is later than the key's retirement.
    TokenIssuedLater: Safety "ERR_TOKEN_ISSUED_LATER" "the token says that it was issued after its key was retired"
        => "a server still runs with the old key, or the key is in other hands: restart the server. If it runs with the new key already, revoke the old one";
    /// The identity of a publisher.
    TokenOfPublisher: Safety "ERR_TOKEN_OF_PUBLISHER" "the token is a publisher's, and those are not exchanged"
        => ("re-sign it where the keys are: {}, or {}", [Step::TOKEN_RESIGN, Step::TOKEN_RESTORE]);
    /// It has `act` (RFC 8693, section 4.1).
    TokenDelegated: Safety "ERR_TOKEN_DELEGATED" "the token lets one act for another (`act`), and such are not exchanged"
        => "ask its issuer for a new one: such a token lives for minutes";
    /// A request has no header `Authorization`, several, or one of another scheme than `Bearer`.
    TokenAbsent: Input "ERR_TOKEN_ABSENT" "the request has no token, or more than one"
        => "send one header `Authorization: Bearer TOKEN`";
    /// The mounted private key, or the list, cannot be read.
    ExchangeKeys: Input "ERR_EXCHANGE_KEYS" "the mounted private key or the list of retired keys cannot be read"
        => "the exchange says on standard error which file it is, and goes on once it can be read";
    /// The server has not shown its key, or too long ago.
    ExchangeServer: Input "ERR_EXCHANGE_SERVER" "the server does not show which key it has"
        => "start the server, or name it by a URL that leads to it from this machine; it is asked again every few seconds";
    /// The server has another key than the mounted one.
    ExchangeNotServed: Safety "ERR_EXCHANGE_NOT_SERVED" "the server has another key than the mounted one"
        => "restart the server: it reads its keys at start-up only; until then it takes the tokens that it took before";
    /// Whether the identity owns a database is not known.
    ExchangeOwner: Input "ERR_EXCHANGE_OWNER" "the server does not say whether this identity owns a database"
        => "ask again in a while: owners' tokens are not exchanged";

    // ---- Minting ------------------------------------------------------------------------------
    /// A lifetime of nothing, or of over 24 hours.
    MintLifetime: Input "ERR_MINT_LIFETIME" "a minted token lives 1 second to 24 hours"
        => ("such as {}; an app should mint a fresh token for each session",
            [Step::Choose(Choice::Lifetime)]);
    /// A claim that is set otherwise, or that is no JSON.
    MintClaim(_what: MintClaim): Input "ERR_MINT_CLAIM" "this claim cannot be set freely: {0}"
        => ("{} lists the arguments; values are JSON, else strings", [Step::MintHelp]);
    /// A local or unprotected issuer towards a production server.
    MintIssuer: Safety "ERR_MINT_ISSUER" "tokens for prod need an issuer with an https URL that is not this machine"
        => ("give the issuer that your app publishes its keys under: {}; see {}",
            [Step::Choose(Choice::HttpsIssuer), Step::JwksExport]);
    /// A robot's `sub` does not begin with `robot:`, or somebody else's does.
    MintRobot: Input "ERR_MINT_ROBOT" "a robot's subject, and only a robot's, is `robot:` and its id"
        => ("robots: {}", [Step::Choose(Choice::ForRobot)]);
    /// An e-mail address as `sub`.
    MintEmail: Safety "ERR_MINT_EMAIL" "the subject is an e-mail address; it should be an id that never changes"
        => "addresses change hands, and the identity hangs on `sub`: use the user's id in your app";
    /// `act` is missing in a delegated token, or there in another.
    MintActor: Input "ERR_MINT_ACTOR" "a delegated token, and no other, names who acts (`act` with a `sub`)"
        => ("delegated tokens: {}", [Step::Choose(Choice::Delegated)]);
    /// An owner's token of an issuer that is neither the server itself nor a URL.
    MintOwner: Input "ERR_MINT_OWNER" "an owner's token is one of the server itself, whose issuer is `localhost`, or stands in for an OIDC issuer, which is a URL"
        => ("leave {} out, or pass {}; for users of an app: {}",
            [Step::Choose(Choice::Issuer), Step::Choose(Choice::LocalIssuer), Step::Choose(Choice::ForApp)]);

    /// The server's key in the place of an OIDC issuer's, for production.
    MintBreakGlass: Safety "ERR_MINT_BREAK_GLASS" "this signs in the place of the owner's OIDC issuer, for prod"
        => ("log in there, if that is possible; to do it all the same: {}", [Step::Choose(Choice::Yes)]);

    // ---- Identities ---------------------------------------------------------------------------
    /// Not 64 hex digits.
    IdentityForm: Input "ERR_IDENTITY_FORM" "not an identity: 64 hex digits are needed"
        => ("copy it again, or derive it: {}", [Step::IdentityDerive]);
    /// Does not begin with `c200`.
    IdentityPrefix: Input "ERR_IDENTITY_PREFIX" "not an identity derived from claims: it does not begin with c200"
        => ("copy it again, or derive it: {}", [Step::IdentityDerive]);
    /// The checksum inside does not fit.
    IdentityChecksum: Input "ERR_IDENTITY_CHECKSUM" "the identity's checksum is wrong: a digit was mistyped or lost"
        => ("copy it again, or derive it: {}", [Step::IdentityDerive]);

    // ---- JWK sets -----------------------------------------------------------------------------
    /// Over 1 MiB.
    JwksTooLarge: Input "ERR_JWKS_TOO_LARGE" "the JWK set is larger than 1 MiB"
        => "give the document that the issuer's `jwks_uri` names: {\"keys\": [ … ]}";
    /// Not a JSON object with an array of objects, `keys` (RFC 7517, section 5).
    JwksMalformed(what: NoSet): Input "ERR_JWKS_MALFORMED" "no JWK set: {0}"
        => advice::of_no_set(what);
    /// A discovery document that leads to no set (`OpenID` Connect Discovery 1.0, section 3).
    JwksDiscovery(what: DiscoveryFlaw): Input "ERR_JWKS_DISCOVERY" "{0}"
        => advice::of_discovery(what);
    /// A document, or a redirect, leads to where keys are not fetched from.
    JwksUrlDanger(what: UrlDanger): Safety "ERR_JWKS_URL_DANGER" "{0}: nothing is fetched from there"
        => advice::of_url_danger(what);
    /// Keys over http, beyond this machine: anybody on the way can put others in their place.
    JwksPlainHttp: Safety "ERR_JWKS_PLAIN_HTTP" "keys that come by plain http can be exchanged on the way"
        => ("name an https URL; to trust the network between this machine and that one, {}", [Step::Choose(Choice::PlainHttp)]);
    /// Not a URL that can be asked.
    JwksUrl: Input "ERR_JWKS_URL" "this is no http or https URL that can be asked"
        => "name the URL of a JWK set, of a discovery document, or of an issuer: https://HOST/PATH";
    /// The same member twice in one JSON object (RFC 7517, section 4).
    JwksDuplicateMember: Input "ERR_JWKS_DUPLICATE_MEMBER" "the JWK set has the same member twice in one object"
        => ("the issuer's document is faulty: {} names the entry", [Step::JwksLint]);
    /// No key to make a set of.
    JwksNoKeys: Input "ERR_JWKS_NO_KEYS" "no key was given: a JWK set without keys lets no token pass"
        => ("name the public key files: {}", [Step::JwksExportFiles]);
    /// A set without a key that verifies tokens.
    JwksNoUsableKey: Input "ERR_JWKS_NO_KEYS" "the JWK set has no key that verifies a token: a P-256 or an RSA key for signatures is needed"
        => ("{} says what each entry is; have the issuer publish the key that it signs with (ES256 or RS256)", [Step::JwksLint]);
    /// The same key was given twice.
    JwksSameKeyTwice: Input "ERR_JWKS_SAME_KEY_TWICE" "the same key was given twice"
        => "name each public key once";
    /// An issuer that cannot be found by its URL.
    IssuerUrl: Input "ERR_ISSUER_URL" "an issuer is an http or https URL of at most 128 bytes, without query, fragment, user name or blanks"
        => "give the issuer as tokens have it in `iss`, such as https://id.example.com";
    /// Rollovers that do not follow each other.
    IssuerSchedule: Input "ERR_ISSUER_SCHEDULE" "each key's rollover begins after the one before it"
        => "name the keys in the order in which they sign, each with a later moment than the one before it";

    // ---- cli.toml -----------------------------------------------------------------------------
    /// Not TOML.
    TomlSyntax(_what: TomlFlaw): Input "ERR_TOML_SYNTAX" "the file is not valid TOML{0}"
        => ("repair the file by hand (`spacetime` itself refuses it, too), or name another with {}",
            [Step::Choose(Choice::CliToml(None))]);
    /// `spacetimedb_token` (or a server's key) is not a string.
    TomlType: Input "ERR_TOML_TYPE" "cli.toml has a value of the wrong type"
        => ("repair the file by hand (`spacetime` itself refuses it, too), or name another with {}",
            [Step::Choose(Choice::CliToml(None))]);
    /// There is no `spacetimedb_token`.
    TomlNoToken: Safety "ERR_TOML_NO_TOKEN" "cli.toml holds no `spacetimedb_token`"
        => ("{} if the claims are in escrow; before a first publish, log in with `spacetime login`",
            [Step::TOKEN_RESTORE]);

    // ---- Servers and projects -----------------------------------------------------------------
    /// A server's name is neither a URL nor a nickname or host that is known.
    ServerName(_what: ServerFlaw): Input "ERR_SERVER_NAME" "{0}"
        => "write `http://HOST:PORT` or `https://HOST`, or a nickname that cli.toml has";
    /// No server, or something else than a SpacetimeDB server, answered.
    ServerUnreached: Input "ERR_SERVER_UNREACHED" "no SpacetimeDB server answered"
        => "look at name, port and path, and whether the server runs";
    /// A token was kept back from a server, and what decides on it is not known here.
    TokenWithheld: Safety "ERR_TOKEN_WITHHELD" "the token was not sent: over plain http, anyone on the network path could read it"
        => (advice::PLAIN_HTTP, [Step::Choose(Choice::PlainHttp)]);
    /// A project's file is none that SpacetimeDB's CLI reads.
    ProjectSyntax: Input "ERR_PROJECT_SYNTAX" "the project file is not JSON5, or a value in it has a wrong type"
        => "correct the file by hand: the SpacetimeDB CLI refuses it too";
    /// A project's file leads to a server that is not known.
    ProjectServer: Safety "ERR_PROJECT_SERVER" "the project file names a server that cli.toml does not know: the publisher token is not sent there"
        => ("if the server is yours, name it ({})", [Step::Choose(Choice::Server)]);

    // ---- Fleet --------------------------------------------------------------------------------
    /// An environment's name has characters that are not allowed.
    EnvironmentName: Input "ERR_ENVIRONMENT_NAME" "an environment's name is 1 to 64 lowercase letters, digits and hyphens, and not `all`"
        => "see [environments] in spacetime-keys.toml; by default: prod, test, dev, local";
    /// The environment is not in the configuration.
    EnvironmentUnknown: Input "ERR_ENVIRONMENT_UNKNOWN" "no such environment in the configuration"
        => "see [environments] in spacetime-keys.toml; by default: prod, test, dev, local";
    /// A policy names an environment that does not exist, or one twice.
    PolicyGroups: Input "ERR_POLICY_GROUPS" "the policy's groups name an environment twice, or one that is not configured"
        => "name every environment once in [policy] groups, and only those of [environments]";
    /// A group's vaults do not hold one sound pair.
    GroupUnsound(_what: Unsound): Safety "ERR_GROUP_UNSOUND" "the group's stored keys are {0}"
        => ("{} repairs it", [Step::RESUME]);
    /// Nothing to take from the vault.
    VaultEmpty: Safety "ERR_VAULT_EMPTY" "the environment's vault holds no key pair"
        => ("{} makes its first pair", [Step::ROTATE]);
    /// There is no older pair to go back to.
    NoEarlierPair: Safety "ERR_NO_EARLIER_PAIR" "the vault holds no earlier key pair to go back to"
        => ("there is nothing to return to; {} makes a new pair", [Step::ROTATE]);
    /// The mounted pair is unknown to the vault, and the vault holds another.
    MountedUnknown: Safety "ERR_MOUNTED_UNKNOWN" "the mounted private key is in no vault of this group, which holds another"
        => ("it may be the only copy of a key in use: {} sets it aside and mounts the vault's; {} keeps it in the vault",
            [Step::SYNC, Step::ROTATE.with(Choice::AdoptMounted)]);
    /// The mounted pair is the one of an environment of another group.
    MountedElsewhere: Safety "ERR_MOUNTED_ELSEWHERE" "the mounted keys are those of another environment"
        => ("{} mounts this environment's pair here; {} names the environment whose keys this host mounts",
            [Step::SYNC, Step::Choose(Choice::HostEnvironment(None))]);
    /// The mounted files do not make a pair.
    MountedUnsound(_what: Unsound): Safety "ERR_MOUNTED_UNSOUND" "the mounted key files are {0}"
        => ("{} repairs them", [Step::RESUME]);
    /// The mounted private key is no key, and no vault has one.
    MountedUnreadable: Safety "ERR_MOUNTED_UNREADABLE" "the mounted private key cannot be read, and the vault is empty"
        => ("{} says what is wrong with it; to begin with a new pair, move both files away",
            [Step::KeyExamine(None)]);
    /// Another operation was cut short and is not finished.
    Unfinished: Safety "ERR_UNFINISHED" "an earlier run was interrupted and is not finished"
        => ("{} finishes it", [Step::FINISH_RUN]);
    /// The private key is nowhere to be found.
    PrivateKeyLost: Safety "ERR_PRIVATE_KEY_LOST" "the stored public key's private key is neither in the vaults nor mounted"
        => ("put the private key back (a backup, a host that still mounts it) as id_ecdsa, then {}; if it is lost for good, {}",
            [Step::RESUME, Step::ROTATE.with(Choice::ReplaceLostKey)]);
    /// What is stored as the private key is no key that can be read, and there is no copy of it.
    StoredUnreadable: Safety "ERR_STORED_UNREADABLE" "the stored private key cannot be read, and no copy of it is mounted"
        => ("{} says what it is; write the key as PEM text into id_ecdsa here, then {}; if it is lost for good, {}",
            [Step::Verify, Step::RESUME, Step::ROTATE.with(Choice::ReplaceLostKey)]);
    /// The publisher's identity changed while a rotation was under way.
    PublisherChanged: Safety "ERR_PUBLISHER_CHANGED" "cli.toml holds the token of another identity than when the interrupted run began"
        => ("{} accepts the one that is there now; {} does not change the token",
            [Step::FINISH_RUN.with(Choice::ExpectIdentity(None)), Step::Choose(Choice::LeaveToken)]);
    /// The escrow holds publishers, and not the one whose token is in `cli.toml`.
    PublisherUnknown: Safety "ERR_PUBLISHER_UNKNOWN" "cli.toml holds the token of a publisher that is not in escrow (a mistaken login?)"
        => ("{} brings the known publisher back; {}, with the identity of this token ({}), takes this one and adds it to the escrow",
            [Step::TOKEN_RESTORE, Step::Choose(Choice::ExpectIdentity(None)), Step::PublisherDecode]);
    /// The publisher's claims were never escrowed.
    EscrowEmpty: Safety "ERR_ESCROW_EMPTY" "no publisher's claims are in escrow for this environment"
        => ("a rotation or a sync puts them there; where they were lost before that, {} searches backups, histories and the server's data folder for them",
            [Step::TokenRecover]);
    /// Several publishers, and none was chosen.
    EscrowAmbiguous: Safety "ERR_ESCROW_AMBIGUOUS" "several publishers' claims are in escrow for this environment"
        => ("choose one by its identity: {}", [Step::Choose(Choice::ExpectIdentity(None))]);
    /// The publisher's tokens are signed by an external issuer.
    EscrowExternal: Safety "ERR_ESCROW_EXTERNAL" "the publisher in escrow has its tokens from an external issuer: none can be signed here"
        => "log in with the same account as before (`spacetime login` for spacetimedb.com): the identity is then the same";
    /// An owner was found whose tokens an external issuer signs.
    OwnerExternal: Safety "ERR_OWNER_EXTERNAL" "the owner has its tokens from an external issuer: none can be signed here"
        => "log in with the same account as before (`spacetime login` for spacetimedb.com): the identity is then the same";
    /// A server does not say who owns a database.
    OwnerUnknown: Input "ERR_OWNER_UNKNOWN" "the server names no owner of this database"
        => ("look at its name; or say whose token is lost: {}", [Step::Choose(Choice::Identity)]);
    /// The escrow's text is not what it should be.
    EscrowDamaged: Input "ERR_ESCROW_DAMAGED" "the escrowed claims cannot be read"
        => "an older version of the secret in the vault may still be whole";
    /// The proof at the end did not hold.
    Unproven(_what: Proof): Safety "ERR_UNPROVEN" "the proof failed: {0}"
        => ("{} shows the state, {} repairs it", [Step::Verify, Step::FINISH_RUN]);

    // ---- Promotion ----------------------------------------------------------------------------
    /// The document that was named as a passport is none.
    Passport(_what: PassportFlaw): Input "ERR_PASSPORT" "this is no passport that can be used: {0}"
        => ("make a new one on a host of the source: {}", [Step::PromotePassport]);
    /// A passport's databases are not its publisher's.
    PassportOwner: Safety "ERR_PASSPORT_OWNER" "a database of the passport is not its publisher's"
        => "a token of that publisher could not publish there: make a passport of one owner's databases, one passport an owner";
    /// The claims of a database's owner are not at hand.
    PassportClaims: Safety "ERR_PASSPORT_CLAIMS" "neither cli.toml nor the escrow has the claims of the databases' owner"
        => ("{} brings the owner's token back from escrow; {} searches files for the owner's claims",
            [Step::TOKEN_RESTORE, Step::TokenRecover]);
    /// The server has another key than the mounted one, or shows none.
    ServedKey: Safety "ERR_SERVED_KEY" "the server does not have the mounted key"
        => "restart the server, which reads its key at start-up only; or name the server that has this key";
    /// A table's rows could not be counted.
    Uncounted: Input "ERR_UNCOUNTED" "the server did not count the rows of a table"
        => "look at the table's name, and at the token: only the owner may count the rows of a private table";
    /// The text cannot be the name of a table.
    TableName: Input "ERR_TABLE_NAME" "the name of a table is letters, digits and `_`, and no digit first"
        => "name it as the module does: TABLE, or DATABASE.TABLE";
    /// The list of environments is none.
    PromotionList: Input "ERR_PROMOTION_LIST" "the order of promotion names no environment, one twice, or `prod` after another"
        => "name each environment once in [promotion] order, the source of all data first";
    /// An environment that the order does not name.
    PromotionUnlisted: Safety "ERR_PROMOTION_UNLISTED" "the order of promotion does not name both environments"
        => "add it to [promotion] order, behind the environments that its data may come from";
    /// Data would go back.
    PromotionUpward: Safety "ERR_PROMOTION_UPWARD" "data goes down the order of promotion only, and never to prod"
        => "name a later environment of [promotion] order";
    /// The source's key is the destination's, or honoured there.
    PromotionSameKey: Safety "ERR_PROMOTION_SAME_KEY" "the source's key is this host's, or honoured here: what is signed for the one would be good on the other"
        => ("give this environment a key of its own: {}", [Step::ROTATE]);
}
