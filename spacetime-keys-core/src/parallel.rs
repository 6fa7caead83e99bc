//! The same work on many items, on all processors.

use std::num::NonZero;
use std::thread;

/// What `work` makes of each item, in their order.
///
/// `worth_a_thread`: fewer items than that are done before another thread has started.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    worth_a_thread: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let work_on = |part: &[T]| -> Vec<R> { part.iter().map(&work).collect() };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let part = items.len().div_ceil(threads).max(worth_a_thread);
    let (first, rest) = items.split_at(part.min(items.len()));
    thread::scope(|scope| {
        let work_on = &work_on;
        let parts: Vec<_> = rest
            .chunks(part)
            // Where the system gives no thread, this one does the part.
            .map(|part| {
                let thread = thread::Builder::new().spawn_scoped(scope, move || work_on(part));
                (part, thread)
            })
            .collect();
        let mut all = Vec::with_capacity(items.len());
        all.extend(work_on(first));
        for (part, thread) in parts {
            let done = thread.ok().and_then(|thread| thread.join().ok());
            all.extend(done.unwrap_or_else(|| work_on(part)));
        }
        all
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_item_in_its_order() {
        for count in [0, 1, 2, 3, 7, 100, 1001] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| 2 * item).collect();
            assert_eq!(super::map(&items, 2, |item| 2 * item), doubled, "{count}");
        }
    }
}
