//! Connections, which are used again: no more are opened than requests are under way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::json;

use super::Place;
use crate::raw::KEY;

/// Requests under way at once.
const AT_ONCE: usize = 32;

const AGENTS: usize = 3 * AT_ONCE;

/// How answers begin: with a limit that lets everything through.
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRateLimit-Limit: 1000000\r\n\
    RateLimit-Remaining: 999999\r\nRateLimit-Reset: 1\r\n";

/// A server that keeps connections open, and answers questions about skills only once as many came as may be under way.
struct Crowded {
    address: SocketAddr,
    opened: Arc<Mutex<usize>>,
}

/// How many such questions came.
type Asked = Arc<(Mutex<usize>, Condvar)>;

impl Crowded {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let opened = Arc::new(Mutex::new(0));
        let (count, asked) = (Arc::clone(&opened), Asked::default());
        thread::spawn(move || {
            for connection in listener.incoming() {
                *count.lock().unwrap() += 1;
                let asked = Arc::clone(&asked);
                thread::spawn(move || serve(&connection.unwrap(), &asked));
            }
        });
        Self { address, opened }
    }
}

fn serve(connection: &TcpStream, asked: &Asked) {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    while let Some(request) = lines.next() {
        if lines.by_ref().all(|line| !line.is_empty()) {
            return;
        }
        let body = if request.contains("/skills") { skills(asked) } else { agents() };
        let head = format!("{HEAD}Content-Length: {}\r\n\r\n", body.len());
        let mut connection = connection;
        connection.write_all((head + &body).as_bytes()).unwrap();
    }
}

fn agents() -> String {
    let agents: Vec<_> =
        (0..AGENTS).map(|number| json!({ "id": format!("agt_{number}"), "name": name(number) })).collect();
    let pagination = json!({ "page": 1, "limit": 100, "total": AGENTS, "totalPages": 1 });
    json!({ "data": agents, "pagination": pagination }).to_string()
}

/// None, in a body that is read in several pieces.
fn skills((asked, changed): &(Mutex<usize>, Condvar)) -> String {
    let mut count = asked.lock().unwrap();
    *count += 1;
    let enough = count.div_ceil(AT_ONCE) * AT_ONCE;
    changed.notify_all();
    drop(changed.wait_while(count, |count| *count < enough).unwrap());
    let pagination = json!({ "page": 1, "limit": 100, "total": 0, "totalPages": 1 });
    json!({ "data": [], "pagination": pagination }).to_string() + &" ".repeat(40_000)
}

fn name(number: usize) -> String {
    format!("branch-{number}")
}

#[test]
fn no_more_connections_are_opened_than_requests_are_under_way() {
    let document = |number| {
        format!("---\napiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {} }}\nspec: {{}}\n", name(number))
    };
    let place = Place::with(&[("manifests/agents.yaml", &(0..AGENTS).map(document).collect::<String>())]);
    let server = Crowded::start();
    let url = format!("http://{}/api/v1", server.address);
    let line = format!("plan manifests --concurrency {AT_ONCE}");
    place.run_with(&line, &[("FLOWYTE_BASE_URL", url), ("FLOWYTE_API_KEY", KEY.to_owned())]).ends(0);
    assert_eq!(*server.opened.lock().unwrap(), AT_ONCE);
}
