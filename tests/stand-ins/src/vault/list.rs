//! Lists: a page at a time, in no order.

use serde_json::{Value, json};

use super::{Call, Context};
use crate::answer::Answer;
use crate::random::rank;

const MAX_PAGE: usize = 25;

/// One page of `items`, each with the text that its place in the order comes from. The order is
/// drawn again with each first page, and the link to the next page carries it on.
pub(super) fn page(
    mut items: Vec<(String, Value)>,
    call: &Call,
    context: &mut Context<'_>,
) -> Answer {
    let size = match call.query.get("maxresults") {
        None => MAX_PAGE,
        Some(text) => {
            let Ok(size @ 1..=MAX_PAGE) = text.parse() else {
                let message = format!("maxresults is a number from 1 to {MAX_PAGE}.");
                return Answer::bad_parameter(&message);
            };
            size
        }
    };
    let (seed, start) = match call.query.get("$skiptoken") {
        None => (context.random.next(), 0),
        Some(token) => match place(token) {
            Some(place) => place,
            None => return Answer::bad_parameter("The skip token is not valid."),
        },
    };
    items.sort_by_key(|(text, _)| rank(seed, text));
    let more = items.len() > start.saturating_add(size);
    let values: Vec<Value> =
        items.into_iter().skip(start).take(size).map(|(_, item)| item).collect();
    let next = more.then(|| {
        let version = call.query.get("api-version").map_or("", String::as_str);
        let (host, path, next) = (&call.host, &call.path, start + size);
        format!(
            "https://{host}:443{path}?api-version={version}&$skiptoken={seed:016x}.{next}\
             &maxresults={size}"
        )
    });
    Answer::json(200, &json!({ "value": values, "nextLink": next }))
}

fn place(token: &str) -> Option<(u64, usize)> {
    let (seed, start) = token.split_once('.')?;
    Some((u64::from_str_radix(seed, 16).ok()?, start.parse().ok()?))
}
