//! Servers whose TLS is wrong: not one byte of a request is sent to them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use flowops::api::Method;
use flowops::ops::TransportError;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::wire::{request, send, socket};
use crate::cli::{Place, Ran};
use crate::raw::KEY;

/// What a server does with a connection; it gives back what it read of a request.
type Talk = Box<dyn FnMut(TcpStream) -> Vec<u8> + Send>;

/// A server on a port of its own until it is dropped.
struct Server {
    port: u16,
    read: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(mut talk: Talk) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let read = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&read);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                // Whoever comes without a word ends it.
                if stream.peek(&mut [0]).unwrap_or(0) == 0 {
                    return;
                }
                all.lock().unwrap().extend(talk(stream));
            }
        });
        Self { port, read, thread: Some(thread) }
    }

    /// One that speaks TLS with a certificate, and answers that it knows no key.
    fn with(certificate: &Signed) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(certificate.key.serialize_der()).unwrap();
        let chain = vec![certificate.certificate.der().clone()];
        let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
        Self::start(Box::new(move |stream| {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut read = vec![0; 4_096];
            let Ok(count) = tls.read(&mut read) else { return Vec::new() };
            read.truncate(count);
            drop(tls.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            read
        }))
    }

    /// One that answers whatever comes with these bytes.
    fn saying(bytes: &'static [u8]) -> Self {
        Self::start(Box::new(move |mut stream| {
            let mut hello = [0; 4_096];
            let count = stream.read(&mut hello).unwrap_or(0);
            drop(stream.write_all(bytes));
            let hello = &hello[..count];
            assert!(hello.starts_with(&[0x16, 3]), "it is a greeting of TLS");
            assert!(!hello.windows(8).any(|part| part == b"SENTINEL"));
            Vec::new()
        }))
    }

    fn base_url(&self, host: &str) -> String {
        format!("https://{host}:{}/api/v1", self.port)
    }

    fn read(&self) -> String {
        String::from_utf8(self.read.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

struct Signed {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// A certificate for some host that says of itself that it is right.
fn self_signed(host: &str) -> Signed {
    let key = KeyPair::generate().unwrap();
    Signed { certificate: CertificateParams::new([host.to_owned()]).unwrap().self_signed(&key).unwrap(), key }
}

#[track_caller]
fn is_not_sent(server: &Server, why: &str) {
    for method in [Method::Get, Method::Post] {
        let sent = send(&socket(&server.base_url("127.0.0.1")), &request(method));
        let Err(TransportError::NotSent(said)) = &sent else { panic!("{sent:?}") };
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(server.read(), "");
}

#[test]
pub(crate) fn a_certificate_that_nobody_signed_is_refused_before_anything_is_sent() {
    is_not_sent(&Server::with(&self_signed("127.0.0.1")), "invalid peer certificate");
}

#[test]
fn a_server_that_speaks_no_tls_gets_nothing() {
    is_not_sent(&Server::saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "");
    is_not_sent(&Server::saying(b""), "");
}

#[test]
fn a_server_that_speaks_only_old_tls_gets_nothing() {
    // An alert: fatal, `protocol_version`.
    is_not_sent(&Server::saying(b"\x15\x03\x01\x00\x02\x02\x46"), "ProtocolVersion");
    // The head of a `ServerHello` of TLS 1.1.
    is_not_sent(&Server::saying(b"\x16\x03\x02\x00\x04\x02\x00\x00\x00"), "");
}

/// An authority that the runs of the binary trust, and what it signs.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn sign(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        change(&mut params);
        Signed { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }

    /// Plans against a server, and trusts this authority alone.
    fn plan(&self, server: &Server) -> Ran {
        let place = Place::desk();
        std::fs::write(place.path("ca.pem"), &self.pem).unwrap();
        let environment = [
            ("SSL_CERT_FILE", place.path("ca.pem").to_str().unwrap().to_owned()),
            ("FLOWYTE_BASE_URL", server.base_url("127.0.0.1")),
            ("FLOWYTE_API_KEY", KEY.to_owned()),
        ];
        let ran = place.run_with("plan -vv", &environment).ends(1);
        assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
        ran
    }
}

/// Other systems do not take their authorities from a variable.
#[cfg(target_os = "linux")]
#[test]
pub(crate) fn a_certificate_must_be_for_the_host_and_for_today() {
    let authority = Authority::new();
    let right = Server::with(&authority.sign("127.0.0.1", |_| {}));
    authority.plan(&right).says("the server answered 401");
    assert!(right.read().contains(KEY), "{}", right.read());
    let other = Server::with(&authority.sign("api.example", |_| {}));
    authority.plan(&other).says("certificate not valid for name");
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let old = Server::with(&authority.sign("127.0.0.1", expired));
    authority.plan(&old).says("certificate expired");
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    let new = Server::with(&authority.sign("127.0.0.1", early));
    authority.plan(&new).says("certificate not valid yet");
    for server in [other, old, new] {
        assert_eq!(server.read(), "");
    }
}
