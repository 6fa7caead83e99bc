//! The place of a column that the user asked for.

use std::borrow::Cow;

use crate::args::Column;
use crate::failure::Failure;

/// The place of a column.
pub(super) fn place(
    column: &Column,
    first: &[Cow<'_, [u8]>],
    names: &[String],
) -> Result<usize, Failure> {
    match column {
        Column::Number(number) if *number <= first.len() => Ok(number - 1),
        Column::Number(_) => Err(Failure::new(
            "ERR_INPUT_HEADER",
            format!(
                "the first row has {}, and not the one that is asked for",
                columns(first.len())
            ),
            "give a number from 1 on; `--separator` says what separates columns",
        )),
        Column::Name(wanted) => {
            // As it is written, for a table may have `ID` and `id`; else in either case.
            let exact = |field: &[u8]| String::from_utf8_lossy(field).trim() == wanted;
            let mut places: Vec<_> =
                (0..).zip(first).filter(|(_, field)| exact(field)).map(|(at, _)| at).collect();
            if places.is_empty() {
                places = (0..)
                    .zip(names)
                    .filter(|(_, name)| column.has_name(name))
                    .map(|(at, _)| at)
                    .collect();
            }
            match *places {
                [place] => Ok(place),
                [] => Err(Failure::new(
                    "ERR_INPUT_HEADER",
                    format!(
                        "the first row has {}, and none with the name that is asked for",
                        columns(first.len())
                    ),
                    "look at its first line; a column can also be given by its number from 1 on, and `--separator` says what separates them",
                )),
                _ => Err(Failure::new(
                    "ERR_INPUT_HEADER",
                    "two columns have the name that is asked for",
                    "give the column's number from 1 on in place of its name, with `--header yes`",
                )),
            }
        }
    }
}

fn columns(count: usize) -> String {
    format!("{count} {}", if count == 1 { "column" } else { "columns" })
}
