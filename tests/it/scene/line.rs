//! The line to the server, on which things go wrong; the journal, on paper; and the death of a process.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use flowops::api::{Method, RawRequest, RawResponse};
use flowops::http::{Answer, RateLimit, Wire};
use flowops::ops::{Journal, TransportError};
use flowops::plan::Plan;
use flowops::report::journal::{Begun, Entry, FORMAT};
use flowops::sandbox::fault::{Action, Fault};
use flowops::sandbox::{Caller, Delivery, Fate, Sandbox};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long the real client waits for a byte, and for a whole answer.
const SILENCE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_mins(2);

/// The largest answer that it reads.
const LARGEST: usize = 16 * 1024 * 1024;

/// What time it is when a run begins, as servers' dates have it.
const NOW: Duration = Duration::from_hours(24);

/// How often a write arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    Once,
    Twice,
}

/// Where a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KillAt {
    /// Right after the journal's nth entry is on the disk.
    Entry(u64),
    /// Right after the nth write reached the server, before its answer is heard.
    Write(u64),
}

/// The death of a process.
#[derive(Debug, Clone)]
pub(crate) struct Death(Arc<Fatal>);

#[derive(Debug)]
struct Fatal {
    at: Option<KillAt>,
    entries: AtomicU64,
    writes: AtomicU64,
    is_dead: AtomicBool,
    bell: Notify,
}

impl Death {
    pub(crate) fn never() -> Self {
        Self::at(None)
    }

    fn at(at: Option<KillAt>) -> Self {
        let (entries, writes) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Fatal { at, entries, writes, is_dead: AtomicBool::new(false), bell: Notify::new() }))
    }

    fn is_dead(&self) -> bool {
        self.0.is_dead.load(Ordering::Relaxed)
    }

    fn came(&self, point: KillAt) {
        if self.0.at == Some(point) {
            self.0.is_dead.store(true, Ordering::Relaxed);
            self.0.bell.notify_one();
        }
    }

    fn entry(&self) {
        self.came(KillAt::Entry(self.0.entries.fetch_add(1, Ordering::Relaxed) + 1));
    }

    fn write(&self) {
        self.came(KillAt::Write(self.0.writes.fetch_add(1, Ordering::Relaxed) + 1));
    }

    pub(crate) async fn wait(&self) {
        self.0.bell.notified().await;
    }
}

/// Requests for which there is no connection.
#[derive(Debug, Clone)]
pub(crate) struct Unreached {
    pub(crate) method: Method,
    /// Which of those with this method, counted from 1.
    pub(crate) which: Range<u64>,
    /// How long it takes to give up.
    pub(crate) after: Duration,
}

/// A wire to a sandbox with a fault script.
#[derive(Debug)]
pub(crate) struct Line {
    sandbox: Arc<Sandbox>,
    times: Times,
    death: Death,
    limit: Option<Limit>,
    unreached: Option<Unreached>,
    tries: AtomicU64,
    sent: Arc<Mutex<Vec<RawRequest>>>,
}

/// A token bucket in front of the server: so many requests a second, and as many at once after a rest.
#[derive(Debug)]
pub(crate) struct Limit {
    rate: f64,
    left: Mutex<(f64, Instant)>,
}

impl Limit {
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate: rate.into(), left: Mutex::new((rate.into(), Instant::now())) }
    }

    /// Takes a token, if one is left.
    fn take(&self) -> bool {
        let mut left = self.left.lock().unwrap();
        let (tokens, then) = *left;
        let tokens = (tokens + then.elapsed().as_secs_f64() * self.rate).min(self.rate);
        let is_let = tokens >= 1.0;
        *left = (if is_let { tokens - 1.0 } else { tokens }, Instant::now());
        is_let
    }
}

impl Line {
    pub(crate) fn new(sandbox: &Arc<Sandbox>, times: Times, death: Death) -> Self {
        Self {
            sandbox: Arc::clone(sandbox),
            times,
            death,
            limit: None,
            unreached: None,
            tries: AtomicU64::new(0),
            sent: Arc::default(),
        }
    }

    /// The same behind a limit.
    pub(crate) fn limited(self, limit: Option<Limit>) -> Self {
        Self { limit, ..self }
    }

    /// The same, without a connection for some requests.
    pub(crate) fn unreached(self, unreached: Option<Unreached>) -> Self {
        Self { unreached, ..self }
    }

    /// Every request for which there was a connection, whatever became of it.
    pub(crate) fn sent(&self) -> Arc<Mutex<Vec<RawRequest>>> {
        Arc::clone(&self.sent)
    }

    /// How long it takes to find that there is no connection, if there is none.
    fn is_unreached(&self, request: &RawRequest) -> Option<Duration> {
        let unreached = self.unreached.as_ref().filter(|unreached| unreached.method == request.method)?;
        let number = self.tries.fetch_add(1, Ordering::Relaxed) + 1;
        unreached.which.contains(&number).then_some(unreached.after)
    }

    fn deliver(&self, request: &RawRequest) -> Delivery {
        if request.method != Method::Get && self.times == Times::Twice {
            self.sandbox.deliver(&Caller::local(), request).unwrap();
        }
        self.sandbox.deliver(&Caller::local(), request).unwrap()
    }
}

impl Wire for Line {
    async fn send(&self, request: &RawRequest) -> Result<Answer, TransportError> {
        if self.death.is_dead() {
            return std::future::pending().await;
        }
        if let Some(after) = self.is_unreached(request) {
            tokio::time::sleep(after).await;
            return Err(TransportError::NotSent("no connection".to_owned()));
        }
        if self.limit.as_ref().is_some_and(|limit| !limit.take()) {
            return Ok(RawResponse { retry_after: Some(1), ..RawResponse::empty(429) }.into());
        }
        self.sent.lock().unwrap().push(request.clone());
        let Delivery { delay, headers, fate } = self.deliver(request);
        if request.method != Method::Get {
            self.death.write();
        }
        if self.death.is_dead() {
            return std::future::pending().await;
        }
        tokio::time::sleep(delay.min(SILENCE)).await;
        if delay >= SILENCE {
            return Err(lost("no answer within 30 seconds"));
        }
        match fate {
            Fate::Whole(response) if response.status < 200 => Err(lost("it ended before there was an answer")),
            Fate::Whole(response) if response.body.len() > LARGEST => Err(TransportError::Oversized(LARGEST)),
            Fate::Whole(response) => Ok(answered(response, &headers)),
            Fate::Trickle { response, every } => {
                let needs = every.saturating_mul(u32::try_from(response.body.len()).unwrap());
                tokio::time::sleep(needs.min(WHOLE)).await;
                if needs >= WHOLE || every >= SILENCE {
                    return Err(lost("no answer within 120 seconds"));
                }
                Ok(answered(response, &headers))
            }
            Fate::Cut { .. } => Err(lost("the answer ended too early")),
            Fate::Lost(_) => Err(lost("the connection broke")),
        }
    }
}

fn lost(why: &str) -> TransportError {
    TransportError::Lost(why.to_owned())
}

/// What the real client makes of an answer's headers.
fn answered(mut response: RawResponse, headers: &[(String, String)]) -> Answer {
    let values = |name: &str| {
        let name = name.to_owned();
        headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(&name)).map(|(_, value)| value.as_str())
    };
    let now = SystemTime::UNIX_EPOCH + NOW;
    response.retry_after = response.retry_after.or_else(|| flowops::http::retry_after(values("retry-after"), now));
    Answer { response, limit: RateLimit::read(|name| values(name)) }
}

/// Whether a fault changes what the server holds, so that no two runs need end alike.
pub(crate) fn changes_the_world(fault: &Fault) -> bool {
    matches!(fault.action, Action::Edit(_))
}

/// A journal as text, as it would be on the disk.
#[derive(Debug)]
pub(crate) struct Paper {
    text: Mutex<String>,
    entries: AtomicU64,
    runs: AtomicU64,
    death: Mutex<Death>,
    /// The entry from which on there is no room.
    full_from: Option<u64>,
}

impl Paper {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With what an earlier run left.
    pub(crate) fn with(text: &str) -> Self {
        Self {
            text: Mutex::new(text.to_owned()),
            entries: AtomicU64::new(0),
            // Runs differ by what they find, so that no two of a scene have the same keys.
            runs: AtomicU64::new(text.len() as u64),
            death: Mutex::new(Death::never()),
            full_from: None,
        }
    }

    /// With room for no entry from this one on.
    pub(crate) fn full_from(entry: u64) -> Self {
        Self { full_from: Some(entry), ..Self::new() }
    }

    pub(crate) fn until(&self, kill: Option<KillAt>) -> Death {
        let death = Death::at(kill);
        *self.death.lock().unwrap() = death.clone();
        death
    }

    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// Entries after the first.
    pub(crate) fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self, plan: &Plan) {
        let begun = Begun {
            format: FORMAT.to_owned(),
            run: self.runs().to_string(),
            server: "sandbox".to_owned(),
            target: plan.target.clone(),
            partition: None,
            plan: plan.digest().to_string(),
            steps: plan.steps.len(),
        };
        *self.text.lock().unwrap() = Entry::Begun(begun).line();
    }
}

impl Journal for Paper {
    fn record(&self, entry: &Entry) -> io::Result<()> {
        let death = self.death.lock().unwrap().clone();
        if death.is_dead() {
            return Ok(());
        }
        if self.full_from.is_some_and(|full| self.entries() + 1 >= full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.text.lock().unwrap().push_str(&entry.line());
        self.entries.fetch_add(1, Ordering::Relaxed);
        death.entry();
        Ok(())
    }
}
