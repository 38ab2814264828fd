use proptest::prelude::*;

use super::*;

fn interval(start: i64, end: i64) -> Bytes {
    let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
    MaterializationInterval {
        start_time: time(start),
        end_time: time(end),
    }
    .encode_to_vec()
    .into()
}

fn seconds(intervals: &[Bytes]) -> Vec<(i64, i64)> {
    let both = intervals.iter().filter_map(|interval| ends(interval));
    both.map(|(start, end)| (start.0, end.0)).collect()
}

#[test]
fn what_touches_or_overlaps_becomes_one() {
    let stored = [(5, 6), (1, 2), (2, 3), (9, 9), (5, 7)].map(|(start, end)| interval(start, end));
    assert_eq!(seconds(&compact(&stored)), [(1, 3), (5, 7), (9, 9)]);
}

#[test]
fn nanoseconds_count() {
    let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
    let one = |start_time, end_time| -> Bytes {
        MaterializationInterval {
            start_time,
            end_time,
        }
        .encode_to_vec()
        .into()
    };
    let apart = vec![one(at(1, 0), at(2, 5)), one(at(2, 6), at(3, 0))];
    assert_eq!(compact(&apart), apart);
    let touching = [one(at(1, 0), at(2, 5)), one(at(2, 5), at(3, 0))];
    assert_eq!(compact(&touching), [one(at(1, 0), at(3, 0))]);
}

#[test]
fn what_is_no_plain_interval_is_left_alone() {
    let unknown = [&interval(1, 4)[..], b"\x1a\x01\x78"].concat();
    let in_the_time = {
        let start = [&b"\x08\x01"[..], b"\x18\x07"].concat();
        let mut interval = Vec::new();
        wire::put_len(1, &start, &mut interval);
        wire::put_len(2, b"\x08\x04", &mut interval);
        interval
    };
    let twice = [&interval(1, 4)[..], &interval(2, 3)].concat();
    let inverted = interval(4, 1).to_vec();
    let endless = interval(1, 4)[..4].to_vec();
    for odd in [
        unknown,
        in_the_time,
        twice,
        inverted,
        endless,
        vec![],
        vec![0xff],
    ] {
        let odd = Bytes::from(odd);
        let stored = [interval(3, 5), odd.clone(), interval(1, 3)];
        assert_eq!(compact(&stored), [interval(1, 5), odd]);
    }
}

#[test]
fn bytes_that_say_it_already_are_kept() {
    // Zero nanoseconds, written out.
    let stored = Bytes::from_static(b"\x0a\x04\x08\x01\x10\x00\x12\x02\x08\x09");
    assert_eq!(compact(&[stored.clone(), interval(2, 3)]), [stored]);
}

/// Whether a moment, in half seconds, is covered.
fn covers(intervals: &[(i64, i64)], half: i64) -> bool {
    intervals
        .iter()
        .any(|(start, end)| (2 * start..=2 * end).contains(&half))
}

proptest! {
    #[test]
    fn no_instant_is_lost_or_won(pairs in proptest::collection::vec((-20_i64..20, 0_i64..6), 0..12)) {
        let pairs: Vec<(i64, i64)> = pairs.into_iter().map(|(start, length)| (start, start + length)).collect();
        let stored: Vec<Bytes> = pairs.iter().map(|(start, end)| interval(*start, *end)).collect();
        let compacted = compact(&stored);
        let found = seconds(&compacted);
        for half in -60..60 {
            prop_assert_eq!(covers(&pairs, half), covers(&found, half), "at {}/2", half);
        }
        // Sorted, and no two of them could be one.
        prop_assert!(found.windows(2).all(|two| two[0].1 < two[1].0), "{:?}", found);
        prop_assert_eq!(compact(&compacted), compacted);
    }

    #[test]
    fn bytes_of_anybody_do_no_harm(stored in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..6)) {
        let stored: Vec<Bytes> = stored.into_iter().map(Bytes::from).collect();
        let compacted = compact(&stored);
        prop_assert!(compacted.len() <= stored.len());
        prop_assert_eq!(compact(&compacted), compacted);
    }
}
