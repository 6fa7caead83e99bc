//! JSON as a tree of texts: it can say what JSON must not (a member twice, a lone surrogate, bytes
//! that are no UTF-8), and still be taken apart when a case is shrunk.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// These bytes: a number, a string with its quotes, or no JSON at all.
    Raw(Vec<u8>),
    Array(Vec<Json>),
    /// Names with their quotes.
    Object(Vec<(Vec<u8>, Json)>),
}

impl Json {
    pub fn raw(text: impl AsRef<[u8]>) -> Self {
        Self::Raw(text.as_ref().to_vec())
    }

    pub fn string(text: &str) -> Self {
        Self::raw(serde_json::to_string(text).expect("strings are JSON"))
    }

    pub fn number(number: impl ToString) -> Self {
        Self::raw(number.to_string())
    }

    pub fn object(members: &[(&str, Self)]) -> Self {
        Self::Object(members.iter().map(|(name, value)| (quoted(name), value.clone())).collect())
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(bytes) => out.extend_from_slice(bytes),
            Self::Array(elements) => {
                out.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    element.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(name);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// The members of an object; of anything else none.
    pub fn members(&mut self) -> &mut Vec<(Vec<u8>, Self)> {
        if !matches!(self, Self::Object(_)) {
            *self = Self::Object(Vec::new());
        }
        match self {
            Self::Object(members) => members,
            _ => unreachable!("made one above"),
        }
    }

    /// Sets a member, or adds it.
    pub fn set(&mut self, name: &str, value: Self) {
        let name = quoted(name);
        let members = self.members();
        match members.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => members.push((name, value)),
        }
    }

    /// Adds a member, whether there is one of this name or not.
    pub fn add(&mut self, name: &str, value: Self) {
        self.members().push((quoted(name), value));
    }

    pub fn remove(&mut self, name: &str) {
        let name = quoted(name);
        self.members().retain(|(other, _)| *other != name);
    }

    pub fn get(&self, name: &str) -> Option<&Self> {
        let name = quoted(name);
        match self {
            Self::Object(members) => {
                members.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Everything that is a little less than this, the boldest cuts first.
    pub fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        match self {
            Self::Raw(bytes) => {
                for plain in ["0", "\"\"", "\"a\"", "{}", "[]"] {
                    all.push(Self::raw(plain));
                }
                // Of long ones no single bytes: most are numbers of a key.
                let mut chunk = bytes.len() / 2;
                while chunk > bytes.len() / 64 {
                    for start in (0..bytes.len()).step_by(chunk) {
                        let end = (start + chunk).min(bytes.len());
                        all.push(Self::Raw([&bytes[..start], &bytes[end..]].concat()));
                    }
                    chunk /= 2;
                }
            }
            Self::Array(elements) => {
                for index in 0..elements.len() {
                    let mut fewer = elements.clone();
                    fewer.remove(index);
                    all.push(Self::Array(fewer));
                }
                for (index, element) in elements.iter().enumerate() {
                    for smaller in element.smaller() {
                        let mut changed = elements.clone();
                        changed[index] = smaller;
                        all.push(Self::Array(changed));
                    }
                }
            }
            Self::Object(members) => {
                for index in 0..members.len() {
                    let mut fewer = members.clone();
                    fewer.remove(index);
                    all.push(Self::Object(fewer));
                }
                for (index, (name, value)) in members.iter().enumerate() {
                    if name.len() > 3 {
                        let mut changed = members.clone();
                        changed[index].0 = b"\"a\"".to_vec();
                        all.push(Self::Object(changed));
                    }
                    for smaller in value.smaller() {
                        let mut changed = members.clone();
                        changed[index].1 = smaller;
                        all.push(Self::Object(changed));
                    }
                }
            }
        }
        let size = self.to_bytes().len();
        all.retain(|smaller| smaller.to_bytes().len() < size);
        all
    }
}

pub fn quoted(name: &str) -> Vec<u8> {
    serde_json::to_vec(name).expect("strings are JSON")
}
