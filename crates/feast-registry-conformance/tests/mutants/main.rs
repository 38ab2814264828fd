//! Deliberately broken stores: the suite must catch every one of them.

mod harness;
mod store;

use feast_registry_conformance::{MemoryHarness, Report, Verdict, run_trials, trial_names};

use self::harness::{Fault, MutantHarness};

async fn run(harness: MutantHarness, trials: &[&str]) -> Report {
    let names = trial_names();
    for trial in trials {
        assert!(
            names.iter().any(|name| name == trial),
            "no trial is named {trial}"
        );
    }
    let report = run_trials(harness, |name| trials.contains(&name))
        .await
        .expect("a store in memory opens");
    assert_eq!(report.verdicts().len(), trials.len());
    report
}

/// A healthy store passes the trials; with the fault in it, it passes none of them.
async fn is_caught(fault: Fault, trials: &[&str]) {
    let healthy = run(MutantHarness::healthy(), trials).await;
    assert_eq!(
        healthy.failures().collect::<Vec<_>>(),
        [],
        "without a fault"
    );
    let broken = run(MutantHarness::with(fault), trials).await;
    let missed: Vec<&(String, Verdict)> = broken
        .verdicts()
        .iter()
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Failed(_)))
        .collect();
    assert!(missed.is_empty(), "{fault:?} was missed by {missed:?}");
}

macro_rules! mutants {
    ($($test:ident: $fault:ident, $trials:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            is_caught(Fault::$fault, &$trials).await;
        }
    )+};
}

mutants! {
    a_lost_update_is_caught: LostUpdate, [
        "store::lock::increments_under_a_lock_are_all_kept",
        "concurrency::one_view::all_intervals_are_kept",
        "concurrency::feature_view::versions_are_numbered_without_gap_or_repetition",
        "concurrency::many_views::one_name_in_four_kinds_is_given_once",
    ];
    a_lock_that_is_not_shared_is_caught: NoShareLock, [
        "store::lock::a_shared_parent_is_not_deleted_under_its_children",
    ];
    a_partial_batch_is_caught: PartialBatch, [
        "store::write::an_insert_is_undone_with_the_rest",
        "store::write::a_range_delete_is_undone_with_the_rest",
        "store::write::thousands_of_writes_are_one_transaction",
    ];
    a_swallowed_duplicate_is_caught: SwallowedDuplicate, [
        "store::write::a_duplicate_insert_is_not_ignored",
        "store::write::two_inserts_of_one_key_fail",
    ];
    an_overwriting_insert_is_caught: OverwritingInsert, [
        "store::write::a_duplicate_insert_is_not_ignored",
    ];
    a_swallowed_update_is_caught: SwallowedUpdate, [
        "store::write::an_update_of_a_vanished_row_fails",
    ];
    a_stale_read_is_caught: StaleRead, [
        "store::get::entity::an_update_is_seen_at_once",
        "crud::feature_view::a_changed_definition_replaces_the_old_one",
        "preconditions::entity::an_apply_with_the_current_revision_is_done",
    ];
    a_scan_that_forgets_a_row_is_caught: ForgetfulScan, [
        "store::scan::rows_come_in_the_order_of_their_keys",
        "store::pages::paging_loses_no_row",
        "list::entity::it_stands_in_the_order_of_names",
        "export::rows::they_are_the_sum_of_all_scans",
    ];
    a_scan_without_order_is_caught: UnorderedScan, [
        "store::scan::versions_come_in_the_order_of_their_numbers",
        "store::pages::paging_through_versions_loses_no_row",
    ];
    a_page_that_denies_the_next_is_caught: NeverMore, [
        "store::pages::a_page_holds_at_most_its_limit_and_says_whether_more_follow",
        "store::pages::paging_loses_no_row",
    ];
    a_prefix_taken_for_a_pattern_is_caught: PrefixAsPattern, [
        "store::scan::a_prefix_is_taken_literally",
    ];
    a_bound_taken_for_open_is_caught: OpenBound, [
        "store::scan::updated_since_counts_its_own_second",
        "list::query::updated_since_leaves_out_what_is_older",
    ];
    names_without_case_are_caught: CaseBlind, [
        "store::get::keys_are_compared_exactly",
    ];
    trimmed_names_are_caught: TrimmedNames, [
        "store::get::keys_are_compared_exactly",
        "names::entity::those_that_look_alike_are_different",
    ];
    a_torn_snapshot_is_caught: TornSnapshot, [
        "store::snapshot::a_transaction_is_seen_whole_or_not_at_all",
    ];
    a_half_teardown_is_caught: HalfTeardown, [
        "store::lifecycle::teardown_of_rows_leaves_no_row",
        "rules::project::tearing_all_down_leaves_nothing",
    ];
    an_ignored_need_is_caught: IgnoredNeed, [
        "store::transact::a_decision_may_ask_for_more",
        "rules::label_view::its_name_is_refused_to_a_feature_view",
    ];
    new_identities_for_every_attempt_are_caught: NewIdentities, [
        "store::transact::identities_stay_the_same_over_attempts",
    ];
    a_clock_that_is_late_is_caught: LateClock, [
        "store::transact::now_is_the_time_of_the_transaction",
        "rules::entity::a_new_object_has_two_equal_stamps_of_now",
    ];
    the_lowest_number_taken_for_the_last_is_caught: LowestIsLast, [
        "store::range::the_last_of_a_range_has_the_highest_number",
        "versions::feature_view::a_new_definition_is_the_next_version",
    ];
    a_range_delete_that_goes_too_far_is_caught: WideRangeDelete, [
        "store::range::a_range_delete_spares_the_rest",
        "rules::stream_feature_view::its_history_is_deleted_with_it",
    ];
    a_probe_that_sees_nothing_is_caught: BlindProbe, [
        "store::changes::entity::an_insert_an_update_and_a_delete_each_change_the_probe",
    ];
    lost_user_metadata_is_caught: LostUserMetadata, [
        "store::get::user_metadata_lies_beside_the_message",
        "rules::label_view::user_metadata_survives_its_changes",
    ];
    a_short_column_is_caught: ShortColumn, [
        "payload::entity::seventy_kibibytes_are_kept",
        "payload::size::seventeen_mebibytes_are_kept_or_refused",
    ];
    an_encoder_that_drops_unknown_fields_is_caught: Reencoding, [
        "store::get::entity::a_row_comes_back_as_it_was_written",
        "payload::entity::unknown_fields_survive_every_change",
    ];
    a_store_that_forgets_is_caught: NotDurable, [
        "durability::reopen::everything_is_still_there",
        "store::lifecycle::handles_see_each_others_writes",
    ];
    a_lock_of_a_dropped_transaction_is_caught: LeakedLock, [
        "cancellation::transact::a_dropped_transaction_holds_no_lock",
    ];
    half_a_dropped_transaction_is_caught: HalfWhenDropped, [
        "cancellation::transact::a_dropped_transaction_is_whole_or_not_there",
    ];
    a_panic_is_caught: Panicking, [
        "store::lifecycle::it_is_healthy_and_says_what_it_is",
    ];
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_passes_everything_that_concerns_it() {
    let report = run_trials(MemoryHarness, |_| true)
        .await
        .expect("a store in memory opens");
    assert_eq!(report.failures().collect::<Vec<_>>(), []);
    assert!(report.passed() > 800, "{} passed", report.passed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_fails_the_suite_however_it_is_run() {
    // What the model finds out without knowing of any fault.
    for fault in [
        Fault::StaleRead,
        Fault::LowestIsLast,
        Fault::WideRangeDelete,
        Fault::IgnoredNeed,
    ] {
        let report = run_trials(MutantHarness::with(fault), |name| {
            name.starts_with("model::")
        })
        .await
        .expect("a store in memory opens");
        assert!(report.failures().next().is_some(), "{fault:?}");
    }
}

const HEALTH: &str = "store::lifecycle::it_is_healthy_and_says_what_it_is";

#[tokio::test(flavor = "multi_thread")]
async fn a_waived_failure_is_ignored_with_its_reason() {
    let harness = MutantHarness::with(Fault::Panicking).waiving(&[(HEALTH, "being mended")]);
    let report = run(harness, &[HEALTH]).await;
    let verdict = &report.verdicts()[0].1;
    assert_eq!(
        *verdict,
        Verdict::Ignored("waived: being mended".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_waiver_is_a_failure() {
    let harness = MutantHarness::healthy().waiving(&[(HEALTH, "was mended long ago")]);
    let report = run(harness, &[HEALTH]).await;
    let (_, why) = report.failures().next().expect("a failure");
    assert!(
        why.contains("stale") && why.contains("was mended long ago"),
        "{why}"
    );
}
