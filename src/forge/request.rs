use serde_json::Value as Json;

/// The methods that forges use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or asks by GraphQL.
    Post,
    /// Changes, on GitHub and Gitea.
    Patch,
    /// Changes, on GitLab.
    Put,
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
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A path below the base URL; every segment is already safe in a path.
    Rest {
        /// Such as `/repos/acme/agents/pulls/7`.
        path: String,
        /// Parameters, not encoded.
        query: Vec<(String, String)>,
    },
    /// GitHub's GraphQL beside its REST API, on the same host.
    Graphql,
}

/// What a request does, which its method does not tell: a question by GraphQL is a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be sent again.
    Reads,
    /// Something changes.
    Writes,
}

/// A request to a forge, before anything is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// What it does.
    pub effect: Effect,
    /// The JSON body.
    pub body: Option<Json>,
}

impl Request {
    /// A question.
    pub(super) fn get(path: String, query: &[(&str, &str)]) -> Self {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { method: Method::Get, endpoint: Endpoint::Rest { path, query }, effect: Effect::Reads, body: None }
    }

    /// A page of a list.
    pub(super) fn page(path: String, size: &str, number: u32, query: &[(&str, &str)]) -> Self {
        let mut request = Self::get(path, query);
        if let Endpoint::Rest { path: _, query } = &mut request.endpoint {
            query.push((size.to_owned(), PAGE.to_string()));
            query.push(("page".to_owned(), number.to_string()));
        }
        request
    }

    /// A change.
    pub(super) fn write(method: Method, path: String, body: Option<Json>) -> Self {
        Self { method, endpoint: Endpoint::Rest { path, query: Vec::new() }, effect: Effect::Writes, body }
    }

    /// A question or a change by GraphQL.
    pub(super) fn graphql(effect: Effect, query: &str, variables: &Json) -> Self {
        let body = serde_json::json!({ "query": query, "variables": variables });
        Self { method: Method::Post, endpoint: Endpoint::Graphql, effect, body: Some(body) }
    }
}

/// How many items of a list are asked for at once; a forge may give fewer.
const PAGE: u32 = 100;
