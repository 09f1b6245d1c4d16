//! An HTTP server that answers exactly what a test says, well-formed or not, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use flowops::api::{BASE_PATH, Method, RawRequest, RawResponse};
use flowops::sandbox::{Caller, Sandbox};
use serde_json::Value as Json;

/// A key that the servers of the tests take, and that must never come out.
pub(crate) const KEY: &str = "flowyte_sk_SENTINEL-key-5d20bf";

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }
}

/// What the server does with a request.
pub(crate) enum Answer {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and the connection stays open for the next request.
    Open(Vec<u8>),
    /// The end of the connection at once.
    HangUp,
    /// These bytes, and the connection is reset.
    Reset(Vec<u8>),
    /// A good head and then spaces until the client has enough.
    Endless,
}

/// An answer with a head of its own.
pub(crate) fn plain(status: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    Answer::Bytes(format!("{head}{body}").into_bytes())
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &Json) -> Answer {
    plain(status, "Content-Type: application/json\r\n", &body.to_string())
}

/// What a sandbox answers.
pub(crate) fn through(sandbox: &Sandbox, seen: &Seen) -> Answer {
    let answer = exchange(sandbox, seen);
    let content_type = format!("Content-Type: {}\r\n", answer.content_type);
    plain(answer.status, &content_type, std::str::from_utf8(&answer.body).unwrap())
}

/// The same, before it is on the wire.
pub(crate) fn exchange(sandbox: &Sandbox, seen: &Seen) -> RawResponse {
    let url = url::Url::parse(&format!("http://sandbox{}", seen.target)).unwrap();
    let request = RawRequest {
        method: Method::read(&seen.method).unwrap(),
        path: url.path().strip_prefix(BASE_PATH).unwrap().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        idempotency_key: seen.header("Idempotency-Key").map(str::to_owned),
        body: serde_json::from_str(&seen.body).ok(),
    };
    sandbox.exchange(&Caller::local(), &request).unwrap()
}

/// A server on a port of its own until it is dropped.
pub(crate) struct RawServer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RawServer {
    pub(crate) fn start(mut answer: impl FnMut(&Seen) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (all, end) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let mut stream = stream.unwrap();
                let mut is_open = true;
                while is_open {
                    let Some(request) = read(&stream) else { break };
                    all.lock().unwrap().push(request.clone());
                    let answer = answer(&request);
                    is_open = matches!(answer, Answer::Open(_));
                    write(&mut stream, answer);
                }
            }
        });
        Self { address, seen, stop, thread: Some(thread) }
    }

    /// Where it listens.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What goes into `FLOWYTE_BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        format!("{}{BASE_PATH}", self.origin())
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests that are no reads.
    pub(crate) fn writes(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.method != "GET").collect()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server's answers panicked");
        }
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut start = line.split(' ');
    let (method, target) = (start.next()?.to_owned(), start.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut seen = Seen { method, target, headers, body: String::new() };
    let length = seen.header("Content-Length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).unwrap();
    Some(seen)
}

/// A client that has heard enough may have gone.
fn write(stream: &mut TcpStream, answer: Answer) {
    match answer {
        Answer::Bytes(bytes) | Answer::Open(bytes) => drop(stream.write_all(&bytes)),
        Answer::HangUp => {}
        Answer::Reset(bytes) => {
            drop(stream.write_all(&bytes));
            socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
        Answer::Endless => {
            let spaces = vec![b' '; 1 << 20];
            let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
            while sent.is_ok() {
                sent = stream.write_all(&spaces);
            }
        }
    }
}
