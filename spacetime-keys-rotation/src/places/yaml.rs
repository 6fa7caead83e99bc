//! YAML as a tree of texts. Whether a scalar looks like a number is not asked, for text is what is wanted of it.
//!
//! On the parser's events, for only one kind of file is read, and not by its types: what one service
//! has that nobody asked for hides no other.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, StrInput};

/// Aliases may repeat what is large, and each other: a few lines would fill the memory.
const MOST_VALUES: usize = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
}

impl Value {
    /// The only document in `text`. Nothing if it has a mistake, a key twice, or too much.
    pub(super) fn read(text: &str) -> Option<Self> {
        let events = Parser::new_from_str(text);
        let mut reader = Reader { events, anchors: BTreeMap::new(), left: MOST_VALUES };
        let mut document = None;
        loop {
            match reader.next()? {
                Event::StreamEnd => return Some(document.unwrap_or(Self::Null)),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                _ if document.is_some() => return None,
                event => document = Some(reader.value(event)?),
            }
        }
    }

    /// What a map has under `key`.
    pub(super) fn get(&self, key: &str) -> &Self {
        self.entries()
            .find_map(|(known, value)| (known == key).then_some(value))
            .unwrap_or(&Self::Null)
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let map = if let Self::Map(map) = self { Some(map) } else { None };
        map.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    fn count(&self) -> usize {
        let inside: usize = match self {
            Self::Null | Self::Text(_) => 0,
            Self::List(items) => items.iter().map(Self::count).sum(),
            Self::Map(map) => map.values().map(Self::count).sum(),
        };
        1 + inside
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Value>,
    left: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<Event<'t>> {
        Some(self.events.next()?.ok()?.0)
    }

    /// The value that `event` begins.
    fn value(&mut self, event: Event<'t>) -> Option<Value> {
        self.spend(1)?;
        let (anchor, value) = match event {
            // Inside of what it names, it has no value yet.
            Event::Alias(anchor) => {
                self.spend(self.anchors.get(&anchor)?.count())?;
                return self.anchors.get(&anchor).cloned();
            }
            Event::Scalar(text, style, anchor, _) => (anchor, scalar(&text, style)),
            Event::SequenceStart(_, anchor, _) => (anchor, self.list()?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map()?),
            _ => return None,
        };
        if anchor != 0 {
            self.spend(value.count())?;
            self.anchors.insert(anchor, value.clone());
        }
        Some(value)
    }

    fn list(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Some(Value::List(items)),
                event => items.push(self.value(event)?),
            }
        }
    }

    fn map(&mut self) -> Option<Value> {
        let mut own = BTreeMap::new();
        let mut merged = Vec::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => break,
                Event::Scalar(key, ScalarStyle::Plain, 0, _) if key == "<<" => None,
                // It may have an anchor, as any value.
                event => Some(self.value(event)?),
            };
            let event = self.next()?;
            let value = self.value(event)?;
            match key {
                None => merged.push(value),
                Some(Value::Text(key)) => {
                    if own.insert(key, value).is_some() {
                        return None;
                    }
                }
                Some(_) => return None,
            }
        }
        for value in merged {
            add(&mut own, value);
        }
        Some(Value::Map(own))
    }

    fn spend(&mut self, values: usize) -> Option<()> {
        self.left = self.left.checked_sub(values)?;
        Some(())
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let is_null = matches!(text, "" | "~" | "null" | "Null" | "NULL");
    if is_null && style == ScalarStyle::Plain { Value::Null } else { Value::Text(text.to_owned()) }
}

/// What `<<` names, where the map itself, or what was named before, does not say otherwise.
fn add(own: &mut BTreeMap<String, Value>, merged: Value) {
    match merged {
        Value::Map(map) => {
            for (key, value) in map {
                own.entry(key).or_insert(value);
            }
        }
        Value::List(maps) => maps.into_iter().for_each(|map| add(own, map)),
        Value::Null | Value::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::Value;

    /// As compact JSON, which says what there is.
    fn shown(value: &Value) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(items) => {
                format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(","))
            }
            Value::Map(_) => {
                let entry = |(key, value): (&str, &Value)| format!("{key:?}:{}", shown(value));
                format!("{{{}}}", value.entries().map(entry).collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn what_a_text_says() {
        let cases = [
            ("", "null"),
            ("# nothing\n", "null"),
            (
                "a: 1\nb: [x, 'null', null, ~]\nc:\n",
                r#"{"a":"1","b":["x","null",null,null],"c":null}"#,
            ),
            ("---\na: |\n  one\n  two\n...\n", r#"{"a":"one\ntwo\n"}"#),
            ("a: >-\n  one\n  two\n", r#"{"a":"one two"}"#),
            ("a: \"\\u00e9 # not a comment\" # one\n", r#"{"a":"é # not a comment"}"#),
            ("80: yes\n", r#"{"80":"yes"}"#),
            // The `!reset` and `!override` of compose.
            ("a: !override [x]\nb: !reset null\n", r#"{"a":["x"],"b":null}"#),
            // An alias is what it names, wherever that stood last.
            (
                "a: &x {k: 1}\nb: *x\nc: &x [2]\nd: *x\n",
                r#"{"a":{"k":"1"},"b":{"k":"1"},"c":["2"],"d":["2"]}"#,
            ),
            ("&k a: 1\nb: *k\n", r#"{"a":"1","b":"a"}"#),
            // What is said beats what is merged, and what is merged first the rest.
            (
                "x: &x {a: 1, b: 1}\ny: {<<: *x, b: 2}\n",
                r#"{"x":{"a":"1","b":"1"},"y":{"a":"1","b":"2"}}"#,
            ),
            ("y: {b: 2, <<: [{a: 1, b: 1}, {a: 3, c: 3}]}\n", r#"{"y":{"a":"1","b":"2","c":"3"}}"#),
            ("'<<': {a: 1}\n", r#"{"<<":{"a":"1"}}"#),
            ("<<: text\na: 1\n", r#"{"a":"1"}"#),
        ];
        for (text, expected) in cases {
            let read = Value::read(text).map(|value| shown(&value));
            assert_eq!(read.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_read() {
        let cases = [
            "a: [",
            "a: 1\n\tb: 2\n",
            "a: b: c\n",
            // A key twice, one that is no text, and two documents: readers differ.
            "a: 1\na: 2\n",
            "? [x]\n: 1\n",
            "a: 1\n---\nb: 2\n",
            // Nothing, and itself.
            "a: *x\n",
            "a: &x [*x]\n",
        ];
        for text in cases {
            assert_eq!(Value::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_few_lines_are_not_a_billion_values() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for step in 1..10 {
            let before = format!("*a{}, ", step - 1).repeat(10);
            writeln!(text, "a{step}: &a{step} [{before}]").unwrap();
        }
        assert_eq!(Value::read(&text), None);
        // Nor does what is deep overflow the stack.
        let mut text = String::from("a0: &a0 [x]\n");
        for step in 1..50_000 {
            writeln!(text, "a{step}: &a{step} [*a{}]", step - 1).unwrap();
        }
        assert_eq!(Value::read(&text), None);
        assert_eq!(Value::read(&"[".repeat(100_000)), None);
        // And a long file is read.
        assert!(Value::read(&"- x\n".repeat(50_000)).is_some());
        assert_eq!(Value::read(&"- x\n".repeat(150_000)), None);
    }
}
