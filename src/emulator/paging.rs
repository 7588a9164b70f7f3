//! One page of a list, as the parameters of a call ask for it. Their names, defaults and largest sizes differ from operation to operation.

use super::params::Params;
use super::reply::Refusal;

/// Which items are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: i64,
    /// The most items on it.
    pub(crate) size: i64,
}

impl Page {
    /// The page with the number in parameter `number`, of `PageSize` items: `default` if that is absent, `largest` at most.
    pub(crate) fn of(params: &Params, number: &str, default: i64, largest: i64) -> Result<Page, Refusal> {
        Ok(Page {
            number: params.integer(number, 1..=i64::MAX)?.unwrap_or(1),
            size: params.integer("PageSize", 1..=largest)?.unwrap_or(default),
        })
    }

    /// The items on it.
    pub(crate) fn cut<I: IntoIterator>(self, items: I) -> impl Iterator<Item = I::Item> {
        let count = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        items
            .into_iter()
            .skip(count((self.number - 1).saturating_mul(self.size)))
            .take(count(self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: i64, size: i64, expected: &[i32]) {
        let shown: Vec<i32> = Page { number, size }.cut([1, 2, 3, 4, 5]).collect();
        assert_eq!(shown, expected, "page {number} of {size}");
    }

    #[test]
    fn pages_are_full_but_for_the_last_and_empty_after_it() {
        check(1, 2, &[1, 2]);
        check(3, 2, &[5]);
        check(4, 2, &[]);
        check(1, 200, &[1, 2, 3, 4, 5]);
        check(i64::MAX, i64::MAX, &[]);
    }
}
