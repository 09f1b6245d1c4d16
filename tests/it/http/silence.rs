//! What the wire makes of a server that says nothing. Its clock is virtual: it leaps to the next timeout.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use flowops::api::Method;
use flowops::http::Wire as _;
use flowops::ops::TransportError;
use socket2::{Domain, Socket, Type};

use super::Sent;
use super::wire::{request, socket};

/// Sends a write, and says how long it was waited for.
fn send(address: SocketAddr) -> (Sent, Duration) {
    let socket = socket(&format!("http://{address}/api/v1"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let start = tokio::time::Instant::now();
        (socket.send(&request(Method::Post)).await, start.elapsed())
    })
}

#[test]
fn a_server_that_takes_a_request_and_says_nothing_is_waited_for_and_the_answer_is_lost() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (sent, took) = send(silent.local_addr().unwrap());
    let Err(TransportError::Lost(why)) = &sent else { panic!("{sent:?}") };
    assert!(why.contains("nothing came for 30"), "{why}");
    assert_eq!(took.as_secs(), 30);
}

/// A machine whose queue of connections is full does not even say no.
#[test]
#[cfg(target_os = "linux")]
fn a_server_that_does_not_take_the_connection_is_sent_nothing() {
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap().as_socket().unwrap();
    let _waiting: Vec<TcpStream> =
        std::iter::repeat_with(|| TcpStream::connect_timeout(&address, Duration::from_millis(50)))
            .map_while(Result::ok)
            .take(100)
            .collect();
    let (sent, took) = send(address);
    assert!(matches!(sent, Err(TransportError::NotSent(_))), "{sent:?}");
    assert_eq!(took.as_secs(), 10);
}
