//! Pages by number, of a service whose counts cannot be relied on: where they end, and what on each is new.

use std::collections::HashSet;

use super::decode::Object;

/// How far a list has been read.
#[derive(Debug, Default)]
pub(super) struct Paging {
    number: usize,
    listed: usize,
    seen: HashSet<String>,
    ended: bool,
}

impl Paging {
    /// The number of the page to ask for, from 1; nothing after the last.
    pub(super) fn next(&mut self) -> Option<usize> {
        if self.ended {
            return None;
        }
        self.number += 1;
        Some(self.number)
    }

    /// What no earlier page had, of the items of a reply. Something created meanwhile moves others to the next page, where they
    /// show a second time. What has no id is always taken for new, but leads to no further page.
    ///
    /// The last page is the one with which `TotalRecordCount` is reached (a count of nothing beside items is no count), or one on
    /// which nothing has an id that was not seen: an empty one, or the same again from a server that ignores the number.
    pub(super) fn fresh<T>(
        &mut self,
        reply: Object<'_>,
        page: Vec<T>,
        id: impl Fn(&T) -> Option<&str>,
    ) -> Vec<T> {
        self.listed += page.len();
        let before = self.seen.len();
        let new: Vec<T> = page
            .into_iter()
            .filter(|item| id(item).is_none_or(|id| self.seen.insert(id.to_owned())))
            .collect();
        let total = reply
            .int("TotalRecordCount")
            .and_then(|total| usize::try_from(total).ok())
            .filter(|total| *total > 0);
        self.ended = self.seen.len() == before || total.is_some_and(|total| self.listed >= total);
        new
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::Reply;

    /// Pages of ids, `-` for an item without one, with the count that is told; what is new on each that is asked for.
    fn check(pages: &[(&str, Value)], expected: &[&str]) {
        let mut paging = Paging::default();
        let mut found = Vec::new();
        while let Some(number) = paging.next() {
            assert!(number < 20, "no end: {found:?}");
            // After the last page that is said, the same for ever.
            let (ids, total) = &pages[(number - 1).min(pages.len() - 1)];
            let body = json!({"TotalRecordCount": total});
            let reply = Reply::new(body.as_object().cloned().unwrap());
            let page: Vec<&str> = ids.split_terminator(' ').collect();
            let new = paging.fresh(reply.object(), page, |id| (*id != "-").then_some(*id));
            found.push(new.join(" "));
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn ends_with_the_count() {
        check(&[("a", json!(1))], &["a"]);
        check(&[("a b", json!("3")), ("c", json!(3))], &["a b", "c"]);
    }

    #[test]
    fn ends_where_there_is_nothing() {
        check(&[("", json!(0))], &[""]);
        check(&[("a", json!(9)), ("", json!(9))], &["a", ""]);
        for none in [Value::Null, json!(0)] {
            check(
                &[("a", none.clone()), ("b", none.clone()), ("", none)],
                &["a", "b", ""],
            );
        }
    }

    #[test]
    fn ends_where_every_page_is_the_same() {
        check(&[("a b", json!(9))], &["a b", ""]);
        check(&[("- -", json!(0))], &["- -"]);
        check(&[("a -", json!(0))], &["a -", "-"]);
    }

    #[test]
    fn goes_on_where_items_have_moved_to_the_next_page() {
        check(&[("c b", json!(4)), ("b a", json!(4))], &["c b", "a"]);
        check(
            &[("d c", json!(5)), ("c b", json!(5)), ("a", json!(5))],
            &["d c", "b", "a"],
        );
    }
}
