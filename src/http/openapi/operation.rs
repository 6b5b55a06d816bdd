//! One operation of the document.

use serde_json::{Map, Value, json};

use super::parameters::symbol;

/// A method of a path.
pub struct Operation {
    pub method: &'static str,
    pub path: &'static str,
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
    is_public: bool,
}

impl Operation {
    /// What reads `path`, with the parameters of its path.
    pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new("get", path, id, summary)
    }

    pub fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        let named = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        let parameters = named.map(|(name, _)| in_path(path, name)).collect();
        let responses = Map::new();
        let body = None;
        Self { method, path, id, summary, parameters, body, responses, is_public: false }
    }

    /// With these parameters.
    pub fn with(mut self, parameters: impl IntoIterator<Item = Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Which no token is needed for.
    pub fn public(self) -> Self {
        Self { is_public: true, ..self }
    }

    /// With a body in one of these media types, which has to be there.
    pub fn takes(self, kinds: &[(&str, Value)]) -> Self {
        let mut taking = self.may_take(kinds);
        if let Some(body) = &mut taking.body {
            body["required"] = true.into();
        }
        taking
    }

    /// With a body in one of these media types, or none.
    pub fn may_take(self, kinds: &[(&str, Value)]) -> Self {
        let kinds =
            kinds.iter().map(|(kind, schema)| ((*kind).into(), json!({ "schema": schema })));
        let content: Map<_, _> = kinds.collect();
        Self { body: Some(json!({ "content": content })), ..self }
    }

    /// Answered 200 with one of these media types.
    pub fn answers(mut self, about: &str, kinds: &[(&str, Value)]) -> Self {
        let content: Map<_, _> =
            kinds.iter().map(|(kind, of)| ((*kind).to_owned(), of.clone())).collect();
        self.responses.insert("200".into(), json!({ "description": about, "content": content }));
        self
    }

    /// Answered without a body.
    pub fn answers_nothing(mut self, status: u16, about: &str) -> Self {
        self.responses.insert(status.to_string(), json!({ "description": about }));
        self
    }

    /// Answered with these problems as well.
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        let token: &[u16] = if self.is_public { &[] } else { &[401, 403] };
        for status in statuses.iter().chain(token) {
            self.refuse(*status, "application/problem+json", "Problem");
        }
        self
    }

    /// But never with this one.
    pub fn but_never(mut self, status: u16) -> Self {
        self.responses.remove(&status.to_string());
        self
    }

    /// Answered with these errors in the words of another protocol.
    pub fn refuses_as(mut self, schema: &str, statuses: &[u16]) -> Self {
        for status in statuses {
            self.refuse(*status, "application/json", schema);
        }
        self
    }

    /// One status may be answered in several media types.
    fn refuse(&mut self, status: u16, kind: &str, schema: &str) {
        let response = self
            .responses
            .entry(status.to_string())
            .or_insert_with(|| json!({ "description": about(status), "content": {} }));
        response["content"][kind] = of(schema);
    }

    /// As the document has it.
    pub fn into_json(self) -> Value {
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "parameters": self.parameters,
            "responses": self.responses,
        });
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        if self.is_public {
            operation["security"] = json!([]);
        }
        operation
    }
}

/// A media type with a schema of the document.
pub fn of(schema: &str) -> Value {
    json!({ "schema": reference(schema) })
}

/// A schema of the document.
pub fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn in_path(path: &str, name: &str) -> Value {
    let text = json!({ "type": "string" });
    let (about, example, schema) = match name {
        "token" => ("A token that may push.", "secret", text),
        // The page says by itself what is wrong with a symbol.
        _ if path.starts_with("/chart/") => ("A symbol.", "AAPL", text),
        _ => ("A symbol, perhaps with its source, as in KRAKEN:BTC-USD.", "AAPL", symbol()),
    };
    json!({
        "name": name, "in": "path", "required": true, "description": about, "example": example,
        "schema": schema,
    })
}

/// What a status says where something is wrong.
const fn about(status: u16) -> &'static str {
    match status {
        400 => "Something is asked for wrongly; `detail` says what would be right.",
        401 => "A token is needed, or is not believed.",
        403 => "The token does not allow it.",
        404 => "There is no such symbol.",
        406 => "What is there is in no media type and no coding that the client accepts.",
        408 => "The body did not come in time.",
        413 => "There are more bytes or rows than may be sent at once.",
        415 => "The body is in no form that is read.",
        422 => "Rows are wrong; `rows` names the first of them.",
        429 => "The client asks more often than it may; Retry-After says when to come back.",
        _ => {
            "There is no room, the source is away, or the server stops; Retry-After says when to come back."
        }
    }
}
