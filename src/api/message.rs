use std::fmt;

use serde_json::Value as Json;

/// The methods that the API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or acts.
    Post,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Reads the word on the wire.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Patch, Self::Delete].into_iter().find(|method| method.as_str() == text)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request, before anything is sent: what the client sends and what the sandbox gets.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// The path below the base path, such as `/agents/agt_1/skills`; every segment is already safe in a path.
    pub path: String,
    /// Query parameters, not encoded.
    pub query: Vec<(String, String)>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// The JSON body.
    pub body: Option<Json>,
}

/// An answer, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct RawResponse {
    /// The status.
    pub status: u16,
    /// The `Content-Type` header, or nothing.
    pub content_type: String,
    /// How long to wait, in seconds, if the server said so.
    pub retry_after: Option<u64>,
    /// The `Location` header: where a redirect leads.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Json) -> Self {
        Self::written(status, body.to_string().into_bytes())
    }

    /// The same, of JSON that is written already.
    pub(crate) fn written(status: u16, body: Vec<u8>) -> Self {
        let content_type = "application/json".to_owned();
        Self { status, content_type, retry_after: None, location: None, body }
    }

    /// An answer with no body.
    pub fn empty(status: u16) -> Self {
        Self { status, content_type: String::new(), retry_after: None, location: None, body: Vec::new() }
    }

    /// Whether the status is one that may pass: a read may simply be sent again.
    pub fn may_pass(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
