//! Changes to the members of JSON objects. Bytes that are changed at random rarely leave good
//! JSON: a member that is not in a seed would hardly ever be found that way.

use std::ops::Range;

use libfuzzer_sys::fuzzer_mutate;

/// What members may be called and hold: pieces of JSON with blanks between them.
pub struct Vocabulary {
    /// Without quotes.
    pub names: &'static str,
    pub values: &'static str,
}

/// A mutator for libFuzzer: every other time its own, which changes bytes.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    vocabulary: &Vocabulary,
) -> usize {
    let mut random = Random(seed);
    if random.below(2) == 0
        && let Some(changed) = change(&data[..size], vocabulary, &mut random)
        && changed.len() <= max_size
    {
        data[..changed.len()].copy_from_slice(&changed);
        return changed.len();
    }
    fuzzer_mutate(data, size, max_size)
}

/// One change to one object of the text. `None` if there is nothing to change.
fn change(text: &[u8], vocabulary: &Vocabulary, random: &mut Random) -> Option<Vec<u8>> {
    let objects = Objects::of(text);
    let mut word = |words: &'static str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        random.one_of(&words).copied()
    };
    let (name, value) = (word(vocabulary.names)?, word(vocabulary.values)?);
    let inserted = |at: usize, member: &[u8]| {
        let comma: &[u8] = if text.get(at) == Some(&b'}') { b"" } else { b"," };
        replaced(text, at..at, &[member, comma].concat())
    };
    Some(match random.below(8) {
        0..=3 => {
            inserted(*random.one_of(&objects.begins)?, format!("\"{name}\":{value}").as_bytes())
        }
        4..=5 => {
            let member = random.one_of(&objects.members)?;
            replaced(text, member.value.clone(), value.as_bytes())
        }
        6 => {
            let member = random.one_of(&objects.members)?.whole.clone();
            let comma = usize::from(text.get(member.end) == Some(&b','));
            replaced(text, member.start..member.end + comma, b"")
        }
        _ => {
            let member = random.one_of(&objects.members)?.whole.clone();
            inserted(*random.one_of(&objects.begins)?, &text[member])
        }
    })
}

fn replaced(text: &[u8], place: Range<usize>, by: &[u8]) -> Vec<u8> {
    [&text[..place.start], by, &text[place.end..]].concat()
}

/// Where objects begin, and their members. What is no JSON is passed over.
#[derive(Default)]
struct Objects {
    begins: Vec<usize>,
    members: Vec<Member>,
}

struct Member {
    whole: Range<usize>,
    value: Range<usize>,
}

impl Objects {
    fn of(text: &[u8]) -> Self {
        struct Open {
            is_object: bool,
            start: usize,
            colon: Option<usize>,
        }
        let mut objects = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut in_string = false;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'\\' if in_string => at += 1,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => {
                    if byte == b'{' {
                        objects.begins.push(at + 1);
                    }
                    open.push(Open { is_object: byte == b'{', start: at + 1, colon: None });
                }
                b':' => {
                    if let Some(top) = open.last_mut() {
                        top.colon = top.colon.or(Some(at));
                    }
                }
                b',' | b'}' | b']' => {
                    if let Some(top) = open.last_mut() {
                        if let (true, Some(colon)) = (top.is_object, top.colon) {
                            let (whole, value) = (top.start..at, colon + 1..at);
                            objects.members.push(Member { whole, value });
                        }
                        (top.start, top.colon) = (at + 1, None);
                    }
                    if byte != b',' {
                        open.pop();
                    }
                }
                _ => {}
            }
            at += 1;
        }
        objects
    }
}

/// Xorshift: small, and the same for the same seed.
struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.max(1);
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % limit
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| &all[self.below(all.len())])
    }
}
