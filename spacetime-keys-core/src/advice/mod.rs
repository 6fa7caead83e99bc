//! The way out of an error or a finding, as data.
//!
//! An [`Advice`] is a text, and in it the steps that a person can take with a program on this library.
//! A step names no command: each face has its own. [`crate::words`] has those of `spacetime-keys`.

mod step;

use std::borrow::Cow;

use crate::fleet::Environment;

pub use step::{Choice, NextStep, Run};

/// A part of an advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Plain words. They name no command of a program on this library.
    Text(Cow<'static, str>),
    /// A step, for a face to word.
    Step(NextStep),
}

/// The next step: words, and the steps in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    parts: Vec<Part>,
}

impl Advice {
    /// The steps, in the order in which they are named.
    pub fn steps(&self) -> impl Iterator<Item = &NextStep> {
        self.parts.iter().filter_map(|part| match part {
            Part::Step(step) => Some(step),
            Part::Text(_) => None,
        })
    }

    /// The first step, if a program on this library can take one.
    pub fn next_step(&self) -> Option<&NextStep> {
        self.steps().next()
    }

    /// The same about an environment: its name is put into each step that names none.
    #[must_use]
    pub fn at(mut self, environment: Option<&Environment>) -> Self {
        for part in &mut self.parts {
            let Part::Step(step) = part else { continue };
            if let Some(run) = step.run_mut() {
                run.environment = run.environment.take().or_else(|| environment.cloned());
            }
        }
        self
    }

    /// This, and more behind it.
    #[must_use]
    pub fn and(mut self, more: impl Into<Self>) -> Self {
        self.parts.extend(more.into().parts);
        self
    }

    /// The same, with something else in the place of the first step.
    #[must_use]
    pub fn map_first<A: Into<Self>>(mut self, change: impl FnOnce(NextStep) -> A) -> Self {
        let first = self.parts.iter().position(|part| matches!(part, Part::Step(_)));
        let behind = first.map(|at| self.parts.split_off(at)).unwrap_or_default();
        let mut behind = behind.into_iter();
        if let Some(Part::Step(step)) = behind.next() {
            self.parts.extend(change(step).into().parts);
        }
        self.parts.extend(behind);
        self
    }

    /// The whole text, each step in a face's own words.
    pub fn worded(&self, word: impl Fn(&NextStep) -> String) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Step(step) => word(step).into(),
        });
        parts.collect()
    }
}

impl From<&'static str> for Advice {
    fn from(text: &'static str) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }
}

impl From<NextStep> for Advice {
    fn from(step: NextStep) -> Self {
        Self { parts: vec![Part::Step(step)] }
    }
}

/// A text with a `{}` for each step.
impl<const STEPS: usize> From<(&'static str, [NextStep; STEPS])> for Advice {
    fn from((text, steps): (&'static str, [NextStep; STEPS])) -> Self {
        debug_assert_eq!(text.matches("{}").count(), STEPS, "{text}");
        let texts = text.split("{}").map(|text| Part::Text(text.into()));
        let mut steps = steps.into_iter().map(Part::Step);
        let parts = texts.flat_map(|text| [Some(text), steps.next()]).flatten();
        Self { parts: parts.collect() }
    }
}
