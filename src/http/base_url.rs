use url::{Host, Url};

/// Where the API lies: `https:`, or `http:` to a loopback address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a base URL is refused. It never repeats what was given, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It cannot be parsed.
    #[error("it is not a URL such as `https://builder.flowyte.com/api/v1`")]
    NotAUrl,
    /// Not `https:`.
    #[error("it must begin with `https://`; `http://` is allowed only for a loopback address such as 127.0.0.1")]
    Insecure,
    /// A user or a password stands in it.
    #[error("it must not hold a user name or a password")]
    Userinfo,
    /// A query or a fragment stands in it.
    #[error("it must not have a query or a fragment")]
    Query,
}

impl BaseUrl {
    /// Checks a text and makes it a base URL.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let mut url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let base = match url.scheme() {
            "https" => Self(url.clone()),
            "http" => Some(Self(url.clone())).filter(Self::is_loopback).ok_or(BaseUrlError::Insecure)?,
            _ => return Err(BaseUrlError::Insecure),
        };
        if base.0.host().is_none() {
            return Err(BaseUrlError::NotAUrl);
        }
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether the host is a loopback literal; a name such as `localhost` may resolve to anything and is not one.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        }
    }

    /// Whether it is `http:`, which needs no certificates.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Where GraphQL is beside a REST API: on GitHub below its URL, on GitHub Enterprise Server below `/api`.
    pub(super) fn graphql(&self) -> Url {
        let mut url = self.0.clone();
        let path = self.0.path().trim_end_matches('/');
        url.set_path(&format!("{}/graphql", path.strip_suffix("/v3").unwrap_or(path)));
        url
    }

    /// The URL of a path below it.
    pub(super) fn join(&self, path: &str, query: &[(String, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}
