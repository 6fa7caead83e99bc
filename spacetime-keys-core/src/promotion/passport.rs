use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Table;
use crate::doctor::is_version;
use crate::error::PassportFlaw as Flaw;
use crate::fleet::Environment;
use crate::jwt::Publisher;
use crate::printable::is_hidden;
use crate::{Error, Identity, PublicKey, Result};

/// The version of the format. Another one may mean something that this program does not know.
const VERSION: u32 = 1;
/// More than a passport of the most databases takes.
const MAX_BYTES: usize = 1 << 20;
const MAX_DATABASES: usize = 256;
const MAX_COUNTS: usize = 256;
const MAX_NAME: usize = 256;

/// What the destination of data has to know of its source. No secret; as JSON:
///
/// `{"version":1,"environment":NAME,"created_at":SECONDS,"server_version":VERSION,"public_key":PEM,`
/// `"fingerprint":HEX,"publisher":{"identity":HEX,"issuer":TEXT,"subject":TEXT},"databases":`
/// `[{"name":NAME,"identity":HEX,"owner":HEX,"counts":[{"table":NAME,"rows":NUMBER}]}]}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passport {
    /// The environment that the data is of.
    pub environment: Environment,
    /// When it was made, in Unix seconds.
    pub created_at: i64,
    /// The source's version.
    pub server_version: String,
    /// The key with which the source signs, and whatever is signed with it is good there.
    pub public_key: PublicKey,
    /// The publisher there.
    pub publisher: Publisher,
    /// The databases.
    pub databases: Vec<Database>,
}

/// A database of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Database {
    /// The database's name.
    pub name: String,
    /// Its own identity.
    pub identity: Identity,
    /// Its owner's.
    pub owner: Identity,
    /// How many rows its tables had.
    pub counts: Vec<Count>,
}

/// A table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The table's name.
    pub table: Table,
    /// The number of its rows.
    pub rows: u64,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "version")]
    _version: u32,
    environment: String,
    created_at: i64,
    server_version: String,
    public_key: String,
    fingerprint: String,
    publisher: Named,
    databases: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    identity: String,
    issuer: String,
    subject: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    identity: String,
    owner: String,
    counts: Vec<Rows>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    table: String,
    rows: u64,
}

/// The JSON document, as the program's `--json` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped<'a> {
    #[serde(borrow)]
    passport: &'a RawValue,
}

impl Passport {
    /// Reads the JSON text, also where it is the member `passport` of a document.
    ///
    /// # Errors
    /// [`Error::Passport`] if it is not that, whatever is wrong with it.
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self> {
        let json = json.as_ref();
        if json.len() > MAX_BYTES {
            return Err(Error::Passport(Flaw::Size));
        }
        let wrapped = serde_json::from_slice::<Wrapped<'_>>(json);
        let json = wrapped.map_or(json, |wrapped| wrapped.passport.get().as_bytes());
        let members = |_| Error::Passport(Flaw::Members);
        let Version { version } = serde_json::from_slice(json).map_err(members)?;
        if version != VERSION {
            return Err(Error::Passport(Flaw::Version));
        }
        let document: Document = serde_json::from_slice(json).map_err(members)?;
        document.read().map_err(Error::Passport)
    }

    /// Whether its databases are all its publisher's.
    ///
    /// # Errors
    /// [`Error::PassportOwner`]
    pub fn check_owners(&self) -> Result<()> {
        let owner = self.publisher.identity;
        let is_its = |database: &Database| database.owner == owner;
        self.databases.iter().all(is_its).then_some(()).ok_or(Error::PassportOwner)
    }

    /// The database of this name.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|database| database.name == name)
    }
}

impl Serialize for Passport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            version: u32,
            environment: &'a Environment,
            created_at: i64,
            server_version: &'a str,
            public_key: String,
            fingerprint: String,
            publisher: &'a Publisher,
            databases: &'a [Database],
        }
        Written {
            version: VERSION,
            environment: &self.environment,
            created_at: self.created_at,
            server_version: &self.server_version,
            public_key: self.public_key.to_pem(),
            fingerprint: self.public_key.fingerprint().to_string(),
            publisher: &self.publisher,
            databases: &self.databases,
        }
        .serialize(serializer)
    }
}

impl Document {
    fn read(self) -> Result<Passport, Flaw> {
        let public_key = PublicKey::from_pem(&self.public_key).map_err(|_| Flaw::Key)?;
        if public_key.fingerprint().to_string() != self.fingerprint {
            return Err(Flaw::Key);
        }
        let Named { identity, issuer, subject } = self.publisher;
        let publisher = Publisher::new(issuer, subject).map_err(|_| Flaw::Publisher)?;
        if Identity::parse(&identity) != Ok(publisher.identity) {
            return Err(Flaw::Publisher);
        }
        if !is_version(&self.server_version) {
            return Err(Flaw::ServerVersion);
        }
        if !(1..=MAX_DATABASES).contains(&self.databases.len()) {
            return Err(Flaw::Databases);
        }
        let mut databases: Vec<Database> = Vec::new();
        for entry in self.databases {
            let database = entry.read()?;
            if databases.iter().any(|known| known.name == database.name) {
                return Err(Flaw::Databases);
            }
            databases.push(database);
        }
        Ok(Passport {
            environment: Environment::new(&self.environment).map_err(|_| Flaw::Environment)?,
            created_at: self.created_at,
            server_version: self.server_version,
            public_key,
            publisher,
            databases,
        })
    }
}

impl Entry {
    fn read(self) -> Result<Database, Flaw> {
        let is_name = (1..=MAX_NAME).contains(&self.name.len()) && !self.name.contains(is_hidden);
        let identity = |hex: &str| Identity::parse_unchecked(hex).ok_or(Flaw::Databases);
        if !is_name {
            return Err(Flaw::Databases);
        }
        if self.counts.len() > MAX_COUNTS {
            return Err(Flaw::Counts);
        }
        let mut counts: Vec<Count> = Vec::new();
        for Rows { table, rows } in self.counts {
            let table = Table::new(&table).map_err(|_| Flaw::Counts)?;
            if counts.iter().any(|count| count.table == table) {
                return Err(Flaw::Counts);
            }
            counts.push(Count { table, rows });
        }
        Ok(Database {
            identity: identity(&self.identity)?,
            owner: identity(&self.owner)?,
            name: self.name,
            counts,
        })
    }
}
