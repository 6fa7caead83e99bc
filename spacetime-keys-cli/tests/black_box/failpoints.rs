//! The places where this build of the program can be made to fail, or be killed.

/// How many points a run has, found by halving: `reaches` runs it to that point, and says whether it
/// came so far.
pub(crate) fn number_of(reaches: impl Fn(usize) -> bool) -> usize {
    if !reaches(0) {
        return 0;
    }
    let mut beyond = 1;
    while reaches(beyond) {
        beyond *= 2;
    }
    let mut within = beyond / 2;
    while beyond - within > 1 {
        let middle = usize::midpoint(within, beyond);
        if reaches(middle) {
            within = middle;
        } else {
            beyond = middle;
        }
    }
    beyond
}

#[test]
fn the_number_is_found() {
    for number in 0..200 {
        assert_eq!(number_of(|point| point < number), number);
    }
}
