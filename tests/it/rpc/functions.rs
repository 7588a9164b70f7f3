//! Functions: told with the schema and alone, called before the provider is configured.

use terraform_provider_dts::framework::{Type, Value};
use terraform_provider_dts::plugin::proto::tfplugin5 as proto;
use terraform_provider_dts::plugin::wire;

use super::fresh;

async fn call(name: &str, arguments: &[(Type, Value)]) -> Result<Value, (String, Option<i64>)> {
    let request = proto::call_function::Request {
        name: name.to_owned(),
        arguments: arguments
            .iter()
            .map(|(ty, value)| wire::encode(ty, value))
            .collect(),
    };
    let answer = fresh().call_function(request).await.unwrap().into_inner();
    match answer.error {
        Some(error) => {
            assert_eq!(answer.result, None);
            Err((error.text, error.function_argument))
        }
        None => Ok(wire::decode(&Type::String, answer.result.as_ref()).unwrap()),
    }
}

fn text(value: &str) -> (Type, Value) {
    (Type::String, Value::from(value))
}

fn number(value: i64) -> (Type, Value) {
    (Type::Number, Value::from(value))
}

#[tokio::test]
async fn are_told_with_their_signature() {
    let mut client = fresh();
    let alone = client.get_functions(proto::get_functions::Request {}).await;
    let alone = alone.unwrap().into_inner().functions;
    let schema = client.get_schema(proto::get_provider_schema::Request {}).await;
    assert_eq!(schema.unwrap().into_inner().functions, alone);
    let metadata = client.get_metadata(proto::get_metadata::Request {}).await;
    assert_eq!(metadata.unwrap().into_inner().functions[0].name, "repeat");
    let repeat = &alone["repeat"];
    let parameters: Vec<_> = repeat
        .parameters
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.r#type.as_ref(),
                one.allow_null_value,
                one.allow_unknown_values,
            )
        })
        .collect();
    let (string, number): (&[u8], &[u8]) = (b"\"string\"", b"\"number\"");
    assert_eq!(
        parameters,
        [("text", string, false, false), ("times", number, false, false)]
    );
    assert_eq!(repeat.r#return.as_ref().unwrap().r#type.as_ref(), string);
}

#[tokio::test]
async fn are_called_without_a_configured_provider() {
    assert_eq!(
        call("repeat", &[text("ab"), number(2)]).await,
        Ok(Value::from("abab"))
    );
}

#[tokio::test]
async fn errors_name_the_argument() {
    let empty = call("repeat", &[text(""), number(2)]).await;
    assert_eq!(empty, Err(("there is nothing to repeat".to_owned(), Some(0))));
    let wrong = call("repeat", &[text("a"), (Type::Bool, Value::Bool(true))]).await;
    assert_eq!(wrong.unwrap_err().1, Some(1), "an argument that cannot be read");
    let few = call("repeat", &[text("a")]).await;
    assert_eq!(few, Err(("It takes 2 arguments, and got 1".to_owned(), None)));
    let panicked = call("repeat", &[text("a"), number(-1)]).await;
    assert!(
        panicked.unwrap_err().0.contains("panic"),
        "a panic is an error of the function"
    );
    let unknown = call("none", &[]).await.unwrap_err();
    assert!(unknown.0.contains("no function none"), "{unknown:?}");
}
