//! One page of a list.

use feast_registry_proto::registry::{PaginationMetadata, PaginationParams};

/// The page that is asked for, and where it lies within the list.
///
/// Without a page, and where one of its two numbers is not positive, it is the whole list. A page
/// past the end is empty. The answer about an empty list is all zero, whatever was asked.
pub fn paginate<T>(
    mut items: Vec<T>,
    asked: Option<&PaginationParams>,
) -> (Vec<T>, PaginationMetadata) {
    if items.is_empty() {
        return (items, PaginationMetadata::default());
    }
    let total = items.len();
    let total_count = i32::try_from(total).unwrap_or(i32::MAX);
    let Some((page, limit)) = asked.and_then(numbers) else {
        let whole = PaginationMetadata {
            total_count,
            total_pages: 1,
            ..PaginationMetadata::default()
        };
        return (items, whole);
    };
    let start = (page - 1).saturating_mul(limit).min(total);
    items.truncate(start.saturating_add(limit));
    items.drain(..start);
    let total_pages = total.div_ceil(limit);
    let metadata = PaginationMetadata {
        page: i32::try_from(page).unwrap_or(i32::MAX),
        limit: i32::try_from(limit).unwrap_or(i32::MAX),
        total_count,
        total_pages: i32::try_from(total_pages).unwrap_or(i32::MAX),
        has_next: page < total_pages,
        has_previous: page > 1,
    };
    (items, metadata)
}

/// Page and limit, if both are positive.
fn numbers(asked: &PaginationParams) -> Option<(usize, usize)> {
    let positive = |number: i32| usize::try_from(number).ok().filter(|number| *number > 0);
    Some((positive(asked.page)?, positive(asked.limit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: i32, limit: i32) -> (Vec<u32>, PaginationMetadata) {
        paginate((1..=5).collect(), Some(&PaginationParams { page, limit }))
    }

    #[test]
    fn a_page_says_where_it_lies() {
        let (items, metadata) = page(2, 2);
        assert_eq!(items, [3, 4]);
        let expected = PaginationMetadata {
            page: 2,
            limit: 2,
            total_count: 5,
            total_pages: 3,
            has_next: true,
            has_previous: true,
        };
        assert_eq!(metadata, expected);
        let (items, last) = page(3, 2);
        assert_eq!(items, [5]);
        assert!(!last.has_next);
    }

    #[test]
    fn a_page_past_the_end_is_empty() {
        for number in [4, i32::MAX] {
            let (items, metadata) = page(number, i32::MAX);
            assert!(items.is_empty());
            assert_eq!((metadata.page, metadata.total_count), (number, 5));
            assert!(metadata.has_previous && !metadata.has_next);
        }
    }

    #[test]
    fn one_number_alone_asks_for_everything() {
        for (number, limit) in [(0, 2), (2, 0), (-1, 2), (1, -2), (0, 0)] {
            let (items, metadata) = page(number, limit);
            assert_eq!(items.len(), 5);
            assert_eq!((metadata.total_count, metadata.total_pages), (5, 1));
            assert_eq!((metadata.page, metadata.limit), (0, 0));
        }
    }

    #[test]
    fn nothing_is_told_of_an_empty_list() {
        let asked = PaginationParams { page: 3, limit: 7 };
        let (items, metadata) = paginate(Vec::<u32>::new(), Some(&asked));
        assert!(items.is_empty());
        assert_eq!(metadata, PaginationMetadata::default());
    }
}
