//! A server's answers about a database and to a query.

use serde::Deserialize;
use serde_json::Value;

use super::Table;
use crate::Identity;
use crate::doctor::{Answer, Ask, Came, Reply, Unreached, Written, encoded};

/// One server that is asked by SQL, too.
pub trait Query: Ask {
    /// Puts a query to a path ([`sql_path`]), as the identity of the token.
    ///
    /// # Errors
    /// Why there is no answer.
    fn query(&self, path: &str, token: &str, sql: &str) -> Result<Came, Unreached>;
}

/// A server's answer about a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// The database's own identity.
    pub identity: Identity,
    /// Its owner's.
    pub owner: Identity,
}

/// The path at which a database takes queries.
pub fn sql_path(database: &str) -> String {
    format!("/v1/database/{}/sql", encoded(database))
}

/// Asks about a database, without a token.
pub fn database(server: &dyn Ask, name: &str) -> Reply<DatabaseFacts> {
    let path = format!("/v1/database/{}", encoded(name));
    match server.get(&path, None) {
        Ok(came) => came.as_answer().database_facts(),
        Err(why) => Reply::Unreached(why),
    }
}

impl Table {
    /// Asks how many rows it has.
    pub fn count(&self, server: &dyn Query, database: &str, token: &str) -> Reply<u64> {
        match server.query(&sql_path(database), token, &self.query()) {
            Ok(came) => came.as_answer().count(),
            Err(why) => Reply::Unreached(why),
        }
    }
}

impl Answer<'_> {
    /// To `GET /v1/database/NAME`.
    pub fn database_facts(self) -> Reply<DatabaseFacts> {
        #[derive(Deserialize)]
        struct Database {
            database_identity: Written,
            owner_identity: Written,
        }
        self.of(200, |body| {
            let found: Database = serde_json::from_slice(body).ok()?;
            Some(DatabaseFacts {
                identity: found.database_identity.read()?,
                owner: found.owner_identity.read()?,
            })
        })
    }

    /// To `POST /v1/database/NAME/sql` with a query that counts: the one number in the one row.
    pub fn count(self) -> Reply<u64> {
        #[derive(Deserialize)]
        struct Statement {
            rows: Vec<Vec<Value>>,
        }
        self.of(200, |body| {
            let statements: Vec<Statement> = serde_json::from_slice(body).ok()?;
            let [Statement { rows }] = statements.as_slice() else { return None };
            let [row] = rows.as_slice() else { return None };
            let [count] = row.as_slice() else { return None };
            count.as_u64()
        })
    }
}
