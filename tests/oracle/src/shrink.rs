//! Makes a case smaller for as long as it still shows what it showed.

use crate::json::Json;
use crate::recipe::{Change, Recipe, Signature};

/// How many smaller cases are tried at most.
const TRIES: usize = 2_000;

/// A token's recipe, and the set of its issuer.
pub type Case = (Recipe, Option<Json>);

pub fn shrink(case: Case, still_shows: impl Fn(&Case) -> bool) -> Case {
    let mut best = case;
    let mut tries = 0;
    loop {
        let smaller = candidates(&best).into_iter().find(|candidate| {
            tries += 1;
            tries <= TRIES && size(candidate) < size(&best) && still_shows(candidate)
        });
        match smaller {
            Some(smaller) => best = smaller,
            None => return best,
        }
    }
}

/// The same for only a JWK set.
pub fn shrink_set(set: Json, still_shows: impl Fn(&Json) -> bool) -> Json {
    let mut best = set;
    let mut tries = 0;
    while let Some(smaller) = best.smaller().into_iter().find(|candidate| {
        tries += 1;
        tries <= TRIES && still_shows(candidate)
    }) {
        best = smaller;
    }
    best
}

fn size((recipe, jwks): &Case) -> usize {
    recipe.size() + jwks.as_ref().map_or(0, |jwks| 10 + jwks.to_bytes().len())
}

fn candidates((recipe, jwks): &Case) -> Vec<Case> {
    let mut all = Vec::new();
    if jwks.is_some() {
        all.push((recipe.clone(), None));
    }
    if recipe.signature.change != Change::None {
        let signature = Signature::by(recipe.signature.key);
        all.push((Recipe { signature, ..recipe.clone() }, jwks.clone()));
    }
    for index in 0..recipe.encodings.len() {
        let mut recipe = recipe.clone();
        recipe.encodings.remove(index);
        all.push((recipe, jwks.clone()));
    }
    for smaller in jwks.iter().flat_map(Json::smaller) {
        all.push((recipe.clone(), Some(smaller)));
    }
    for header in recipe.header.smaller() {
        all.push((Recipe { header, ..recipe.clone() }, jwks.clone()));
    }
    for claims in recipe.claims.smaller() {
        all.push((Recipe { claims, ..recipe.clone() }, jwks.clone()));
    }
    all
}
