//! What the conformance suite cannot see: cut connections, round trips, TLS, what stays behind.
//!
//! Every trial runs on the server that the suite runs on, in a schema of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panic")]

mod certificates;
mod conflicts;
mod connecting;
mod fixture;
mod gets;
mod leftovers;
mod preparing;
mod rights;
mod statements;
mod tls;
mod tls_proxy;
mod trips;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::{Builder, Runtime};

/// A trial of the name of its function.
macro_rules! trials {
    ($runtime:expr, $($module:ident::$name:ident),+ $(,)?) => {
        vec![$({
            let runtime = Arc::clone($runtime);
            let name = concat!(stringify!($module), "::", stringify!($name));
            Trial::test(name, move || {
                runtime.block_on($module::$name());
                Ok(())
            })
        }),+]
    };
}

fn main() -> ExitCode {
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let trials = trials(&Arc::new(runtime));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trials(runtime: &Arc<Runtime>) -> Vec<Trial> {
    trials![
        runtime,
        statements::a_failed_statement_fails_what_is_sent_with_it,
        statements::nothing_behind_a_miscount_takes_effect,
        statements::a_large_batch_fits_through_a_window,
        statements::a_nul_character_is_refused_before_anything_is_sent,
        statements::a_duplicate_names_table_and_key,
        statements::values_of_every_type_come_back,
        statements::a_statement_that_takes_too_long_is_ended,
        preparing::unprepared_statements_give_the_same,
        preparing::a_statement_that_the_session_forgot_ends_preparing,
        preparing::a_table_altered_behind_a_statement_is_read_again,
        leftovers::a_dropped_connection_is_not_handed_on_with_its_transaction,
        leftovers::a_dropped_wait_for_a_lock_ends_at_once,
        leftovers::no_connection_in_time_is_an_error,
        leftovers::a_terminated_connection_is_replaced,
        leftovers::a_ping_notices_a_lost_connection_before_it_is_used,
        leftovers::a_connection_that_is_too_old_is_replaced,
        leftovers::a_server_that_does_not_answer_is_not_waited_for,
        conflicts::a_deadlock_is_tried_again,
        conflicts::a_conflict_at_any_statement_is_tried_again,
        conflicts::conflicts_without_end_are_given_up,
        conflicts::a_refused_commit_is_tried_again,
        conflicts::a_commit_that_is_always_refused_gives_up,
        gets::gets_that_wait_for_each_other_are_few_statements,
        gets::a_get_that_is_refused_takes_nobody_along,
        gets::a_get_among_many_sees_what_was_committed_before_it,
        trips::a_change_of_a_view_is_two_round_trips,
        trips::a_read_is_one_round_trip,
        trips::a_refresh_moves_what_changed,
        connecting::the_next_host_is_tried,
        connecting::every_host_that_failed_is_named,
        connecting::a_server_that_may_only_be_read_will_not_do,
        connecting::a_socket_serves_as_well,
        connecting::reads_that_may_be_behind_go_to_the_replica,
        connecting::the_cache_has_what_the_replica_does_not_have_yet,
        connecting::tables_are_in_the_current_schema_if_none_is_named,
        connecting::the_wrong_product_is_named,
        rights::a_server_needs_no_right_to_create,
        rights::a_server_says_what_it_may_not_create,
        rights::a_reader_needs_the_right_to_select,
        rights::printed_statements_make_the_tables,
        tls::any_certificate_will_do_unless_asked,
        tls::a_known_root_is_enough_for_verify_ca,
        tls::the_host_must_fit_for_verify_full,
        tls::an_unknown_root_is_refused,
        tls::a_certificate_may_be_its_own_root,
        tls::the_client_shows_its_certificate,
        tls::prefer_and_allow_take_what_the_server_offers,
        tls::a_statement_is_cancelled_through_tls,
    ]
}
