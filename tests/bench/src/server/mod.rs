//! The server beside a bare tonic service, the raw driver, and Feast's own server on the same database.

mod cases;
mod feast;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use feast_registry_core::Registry;
use feast_registry_server::{Address, Options, Server};
use tokio::task::JoinSet;
use tonic::service::Routes;

use self::cases::{Beside, Case, HUNDRED};
use self::feast::Feast;
use crate::bare::Bare;
use crate::calls::{call_once, rate, serve};
use crate::measure::{Pair, ROUNDS, head, print_factor};
use crate::postgres::{self, Postgres};
use crate::raw::{Raw as _, RawConnection};
use crate::work::{self, VIEWS, apply};
use crate::{Target, sample};

const ROUND: Duration = Duration::from_millis(700);
/// Feast answers a large list in seconds.
const ROUND_OF_FEAST: Duration = Duration::from_secs(4);

/// Measures on an empty database of PostgreSQL what has `only` in its title; `feast` is the path of
/// Feast's command.
pub(crate) async fn all(url: &str, only: &str, feast: Option<&str>) {
    let target = postgres::target(url).await;
    work::fill(&target).await;
    let views = sample::views(100, 0).into_iter();
    let views = views.map(|(name, body)| apply(HUNDRED, &name, body));
    target.registry.commit(views.collect()).await.unwrap();

    let server = ours(target.registry.clone()).await;
    head("The server on PostgreSQL");
    let mut rates = Vec::new();
    let cases = || {
        cases::all()
            .into_iter()
            .filter(|case| case.title().contains(only))
    };
    for case in cases() {
        rates.push(case.compare(&target, server).await);
    }
    if let Some(feast) = feast {
        let feast = Feast::start(feast, url);
        println!(
            "\n{:<52} {:>12} {:>12} {:>7}  at least",
            "The server and Feast's, on one database", "Feast", "ours", "factor"
        );
        for (case, ours) in cases().zip(rates) {
            let load = (case.load)(ROUNDS);
            let theirs = rate(feast.address(), &load, case.clients, ROUND_OF_FEAST).await;
            print_factor(&case.title(), theirs, ours, case.times_feast);
        }
    }
    target.close().await;
}

/// Serves as `feast-registry serve` does, as long as the process runs.
async fn ours(registry: Registry) -> SocketAddr {
    let mut options = Options::default();
    options.hosts = vec!["127.0.0.1".into()];
    options.port = 0;
    let server = Server::bind(options).await.unwrap();
    let [Address::Tcp(address)] = server.addresses()[..] else {
        panic!("one address of one host");
    };
    let open = move || {
        let registry = registry.clone();
        async move { Ok(registry) }
    };
    tokio::spawn(server.run(open, std::future::pending()));
    // Calls are UNAVAILABLE until it is open, which takes no time here.
    tokio::time::sleep(Duration::from_millis(200)).await;
    address
}

impl Case {
    /// Takes turns with what it is compared to; our rate.
    async fn compare(&self, target: &Target<Postgres>, server: SocketAddr) -> f64 {
        let bare = match self.beside {
            Beside::Bare => {
                let reply = call_once(server, &(self.load)(0)).await;
                Some(serve(Routes::new(Bare::new(reply))).await)
            }
            _ => None,
        };
        let mut pair = Pair::default();
        for round in 0..ROUNDS {
            let load = (self.load)(round);
            let raw = match bare {
                Some(bare) => rate(bare, &(self.load)(round), self.clients, ROUND).await,
                None => self.raw_rate(target, round).await,
            };
            let before = kept(target, round).await;
            pair.add(raw, rate(server, &load, self.clients, ROUND).await);
            if self.beside == Beside::Append {
                let kept = kept(target, round).await - before;
                assert_eq!(kept as u64, load.sent(), "intervals were lost");
            }
        }
        pair.print_rates(&self.title(), self.limit)
    }

    /// What the raw driver does in a second, on as many connections as there are clients.
    async fn raw_rate(&self, target: &Target<Postgres>, round: usize) -> f64 {
        let mut connections = Vec::new();
        for _ in 0..self.clients {
            connections.push(target.raw.connect().await);
        }
        let beside = self.beside;
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for (client, mut connection) in connections.into_iter().enumerate() {
            tasks.spawn(async move {
                let mut done = 0_u32;
                while begun.elapsed() < ROUND {
                    beside
                        .once(&mut connection, client + done as usize, round)
                        .await;
                    done += 1;
                }
                done
            });
        }
        let done: u32 = tasks.join_all().await.into_iter().sum();
        f64::from(done) / begun.elapsed().as_secs_f64()
    }
}

impl Beside {
    async fn once(self, connection: &mut impl RawConnection, number: usize, round: usize) {
        match self {
            Beside::Bare => {}
            Beside::Select => {
                connection.get(&sample::name(number % VIEWS)).await;
            }
            Beside::SelectAll => {
                connection.list().await;
            }
            Beside::Append => connection.append(&sample::name(round), &[7; 22]).await,
        }
    }
}

/// Intervals of the view of a round.
async fn kept(target: &Target<Postgres>, round: usize) -> usize {
    work::intervals(&target.registry, &sample::name(round)).await
}
