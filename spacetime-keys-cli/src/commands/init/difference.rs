//! What differs between two texts, line by line.

/// Longer ones are shown whole: a table of their pairs would fill the memory.
const MOST_PAIRS: usize = 4_000_000;

/// The lines that go, each with `-`, and those that come, with `+`. As few as there can be.
pub(super) fn lines<'t>(before: &'t str, after: &'t str) -> Vec<(char, &'t str)> {
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    let (mut old, mut new) = (before.as_slice(), after.as_slice());
    while let (Some((one, old_rest)), Some((other, new_rest))) =
        (old.split_first(), new.split_first())
        && one == other
    {
        (old, new) = (old_rest, new_rest);
    }
    while let (Some((one, old_rest)), Some((other, new_rest))) =
        (old.split_last(), new.split_last())
        && one == other
    {
        (old, new) = (old_rest, new_rest);
    }
    let common = Common::of(old, new);
    let mut shown = Vec::new();
    // Of what is changed in one place, the old stands before the new.
    let mut come = Vec::new();
    while let (Some((one, old_rest)), Some((other, new_rest))) =
        (old.split_first(), new.split_first())
    {
        if one == other && common.is_known() {
            shown.append(&mut come);
            (old, new) = (old_rest, new_rest);
        } else if common.at(old_rest, new) >= common.at(old, new_rest) {
            shown.push(('-', *one));
            old = old_rest;
        } else {
            come.push(('+', *other));
            new = new_rest;
        }
    }
    shown.extend(old.iter().map(|line| ('-', *line)));
    shown.append(&mut come);
    shown.extend(new.iter().map(|line| ('+', *line)));
    shown
}

/// How many lines the ends of two texts can have in common, by how many lines the ends have.
struct Common(Vec<Vec<usize>>);

impl Common {
    fn of(old: &[&str], new: &[&str]) -> Self {
        if old.len().saturating_mul(new.len()) > MOST_PAIRS {
            return Self(Vec::new());
        }
        let mut rows = vec![vec![0; new.len() + 1]];
        for one in old.iter().rev() {
            let mut row = vec![0];
            let mut right = 0;
            let last = rows.last().map(Vec::as_slice).unwrap_or_default();
            let shorter = last.iter().zip(last.iter().skip(1));
            for (other, (diagonal, below)) in new.iter().rev().zip(shorter) {
                right = if one == other { diagonal + 1 } else { right.max(*below) };
                row.push(right);
            }
            rows.push(row);
        }
        Self(rows)
    }

    const fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    fn at(&self, old: &[&str], new: &[&str]) -> usize {
        self.0.get(old.len()).and_then(|row| row.get(new.len())).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn shown(before: &str, after: &str) -> String {
        let parts = |(mark, line): (char, &str)| [mark.to_string(), line.to_owned()];
        lines(before, after).into_iter().flat_map(parts).collect()
    }

    #[test]
    fn what_goes_and_what_comes() {
        let cases = [
            ("", "", ""),
            ("a\nb\n", "a\nb\n", ""),
            ("", "a\nb\n", "+a\n+b\n"),
            ("a\nb\n", "", "-a\n-b\n"),
            ("a\nb\nc\n", "a\nx\nc\n", "-b\n+x\n"),
            ("a\nb\nc\nd\n", "a\nx\ny\nd\n", "-b\n-c\n+x\n+y\n"),
            // Two places, with something between that stays.
            ("a\nb\nc\n", "x\nb\ny\n", "-a\n+x\n-c\n+y\n"),
            // One that moved, one that is there twice.
            ("a\nb\nc\nd\ne\n", "b\nc\nd\na\ne\n", "-a\n+a\n"),
            ("a\na\nb\n", "a\nb\n", "-a\n"),
            // The end of a line is part of it.
            ("a", "a\n", "-a+a\n"),
            ("a\r\nb\n", "a\nb\n", "-a\r\n+a\n"),
        ];
        for (before, after, expected) in cases {
            assert_eq!(shown(before, after), expected, "{before:?} {after:?}");
        }
    }

    /// All texts of up to five lines of three kinds: what is shown leads from one to the other, and is
    /// no longer than what trying everything finds.
    #[test]
    fn nothing_is_shown_that_stays() {
        let texts: Vec<String> = (0..=5_u32)
            .flat_map(|length| (0..3_usize.pow(length)).map(move |number| (length, number)))
            .map(|(length, number)| {
                let line = |at| ["a\n", "b\n", "c\n"].into_iter().nth(number / 3_usize.pow(at) % 3);
                (0..length).filter_map(line).collect()
            })
            .collect();
        for before in texts.iter().step_by(3) {
            for after in &texts {
                let shown = lines(before, after);
                let marked =
                    |mark| shown.iter().filter(move |line| line.0 == mark).map(|line| line.1);
                let old: Vec<&str> = before.split_inclusive('\n').collect();
                let new: Vec<&str> = after.split_inclusive('\n').collect();
                let kept = longest(&old, &new);
                assert_eq!(marked('-').count(), old.len() - kept, "{before:?} {after:?}");
                assert_eq!(marked('+').count(), new.len() - kept, "{before:?} {after:?}");
                assert_eq!(
                    without(&old, marked('-')),
                    without(&new, marked('+')),
                    "{before:?} {after:?}"
                );
            }
        }
    }

    fn longest(old: &[&str], new: &[&str]) -> usize {
        let (Some((one, old_rest)), Some((other, new_rest))) =
            (old.split_first(), new.split_first())
        else {
            return 0;
        };
        let both = if one == other { 1 + longest(old_rest, new_rest) } else { 0 };
        both.max(longest(old_rest, new)).max(longest(old, new_rest))
    }

    /// How often each line is left.
    fn without<'t>(text: &[&'t str], gone: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
        let mut left = text.to_vec();
        for line in gone {
            let at = left.iter().position(|known| *known == line);
            left.remove(at.unwrap_or(usize::MAX));
        }
        left.sort_unstable();
        left
    }

    #[test]
    fn what_is_too_long_to_compare_is_shown_whole() {
        let before = "a\n".to_owned() + &"b\n".repeat(3_000) + "c\n";
        let after = "a\n".to_owned() + &"d\nb\n".repeat(3_000) + "e\nc\n";
        let shown = lines(&before, &after);
        assert_eq!(shown.iter().filter(|line| line.0 == '-').count(), 3_000);
        assert_eq!(shown.iter().filter(|line| line.0 == '+').count(), 6_001);
    }
}
