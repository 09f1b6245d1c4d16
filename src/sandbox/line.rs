//! Connections that whoever answers on them may break: after so many bytes, in good order or by a reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::delivery::End;

/// What stands between the head of an answer and its body.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// A port whose connections may be broken.
pub(super) struct Lines(pub(super) TcpListener);

/// A connection that may be broken.
pub(super) struct Line {
    stream: TcpStream,
    breaker: Breaker,
}

/// Breaks a connection, from the answer on that is written next. A connection is broken once and then gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker(Arc<Mutex<Option<Break>>>);

/// How a connection is broken.
#[derive(Debug)]
enum Break {
    /// These bytes in place of the answer, then the end.
    Say { left: Vec<u8>, end: End },
    /// The head of the answer and so much of its body, then the end.
    Cut { left: Left, end: End },
}

/// What may still be written of an answer.
#[derive(Debug, Clone, Copy)]
struct Left {
    /// How much of the blank line stood at the end of what is written; all of it once the body has begun.
    blank: usize,
    /// How many bytes of the body.
    body: usize,
}

impl Breaker {
    /// Ends the connection without an answer.
    pub(super) fn end(&self, end: End) {
        self.say(Vec::new(), end);
    }

    /// Writes these bytes in place of an answer and then ends the connection.
    pub(super) fn say(&self, bytes: Vec<u8>, end: End) {
        self.set(Break::Say { left: bytes, end });
    }

    /// Ends the connection after the answer's head and so many bytes of its body. The body must be longer.
    pub(super) fn cut(&self, bytes: usize, end: End) {
        self.set(Break::Cut { left: Left { blank: 0, body: bytes }, end });
    }

    fn set(&self, how: Break) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    }
}

impl Connected<IncomingStream<'_, Lines>> for Breaker {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().breaker.clone()
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Bytes that trickle are to arrive as they are written; a stream that cannot do that only gathers some.
        let _gathers: io::Result<()> = stream.set_nodelay(true);
        (Line { stream, breaker: Breaker::default() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Left {
    /// How many of these bytes may be written, and what may be written after them.
    fn of(mut self, bytes: &[u8]) -> (usize, Self) {
        for (written, byte) in (0..).zip(bytes) {
            if let Some(next) = BLANK_LINE.get(self.blank) {
                let anew = usize::from(BLANK_LINE.first() == Some(byte));
                self.blank = if byte == next { self.blank + 1 } else { anew };
            } else if self.body == 0 {
                return (written, self);
            } else {
                self.body -= 1;
            }
        }
        (bytes.len(), self)
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, breaker } = self.get_mut();
        match &mut *breaker.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Pin::new(stream).poll_write(context, bytes),
            Some(Break::Say { left, end }) => {
                while !left.is_empty() {
                    match ready!(Pin::new(&mut *stream).poll_write(context, left))? {
                        0 => break,
                        written => left.drain(..written.min(left.len())),
                    };
                }
                Poll::Ready(Err(broken(stream, *end)))
            }
            Some(Break::Cut { left, end }) => {
                let (allowed, _) = left.of(bytes);
                let allowed = bytes.get(..allowed).unwrap_or_default();
                if allowed.is_empty() {
                    return Poll::Ready(Err(broken(stream, *end)));
                }
                let written = ready!(Pin::new(stream).poll_write(context, allowed))?;
                *left = left.of(allowed.get(..written).unwrap_or_default()).1;
                Poll::Ready(Ok(written))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

/// Why nothing more is written. Whoever hears it drops the connection, which is then reset if it has not to linger.
fn broken(stream: &TcpStream, end: End) -> io::Error {
    let lingers = match end {
        End::Closed => Ok(()),
        End::Reset => stream.set_zero_linger(),
    };
    match lingers {
        Ok(()) => io::Error::new(io::ErrorKind::ConnectionAborted, "a fault ends this connection"),
        Err(error) => error,
    }
}
