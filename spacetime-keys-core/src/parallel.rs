//! The same work on many items, on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Parts a thread: a processor that is busy with something else takes fewer of them.
const PARTS: usize = 8;

/// What `work` makes of each item, in their order.
///
/// `worth_a_thread`: fewer items than that are done before another thread has started.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    worth_a_thread: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(items.len() / worth_a_thread);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let length = items.len().div_ceil(PARTS * threads);
    let next = AtomicUsize::new(0);
    let take_parts = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = items.chunks(length).nth(place) else { return done };
            done.push((place, part.iter().map(&work).collect::<Vec<R>>()));
        }
    };
    let mut parts = thread::scope(|scope| {
        // Where the system gives no thread, the others do the work.
        let helpers: Vec<_> = (1..threads)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, take_parts).ok())
            .collect();
        let mut parts = take_parts();
        for helper in helpers {
            match helper.join() {
                Ok(done) => parts.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    parts.sort_unstable_by_key(|(place, _)| *place);
    parts.into_iter().flat_map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_item_in_its_order() {
        for count in [0, 1, 2, 3, 7, 100, 1001] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| 2 * item).collect();
            for worth_a_thread in [1, 2, 50] {
                assert_eq!(super::map(&items, worth_a_thread, |item| 2 * item), doubled, "{count}");
            }
        }
    }

    #[test]
    fn a_panic_is_the_callers() {
        let items: Vec<usize> = (0..1000).collect();
        let result = std::panic::catch_unwind(|| {
            super::map(&items, 1, |item| assert_ne!(*item, 777));
        });
        assert!(result.is_err());
    }
}
