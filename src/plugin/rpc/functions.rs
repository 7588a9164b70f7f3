//! Functions: the arguments are read by the signature, the framework calls, and an error says which argument is to blame.

use std::collections::HashMap;

use super::Rpc;
use super::call::{Answer, Told};
use super::convert;
use super::wire;
use crate::framework::{Type, function};
use crate::plugin::proto::tfplugin5 as proto;

impl Rpc {
    /// The signature of each function.
    pub(super) fn functions(&self) -> HashMap<String, proto::Function> {
        let all = self.service().functions().into_iter();
        all.map(|(name, signature)| (name.to_owned(), convert::function(&signature)))
            .collect()
    }

    fn called(
        &self,
        request: &proto::call_function::Request,
    ) -> Result<proto::DynamicValue, function::Error> {
        let all = self.service().functions();
        let signature = all
            .iter()
            .find(|(name, _)| *name == request.name)
            .map(|(_, signature)| signature);
        let types: Vec<_> = signature.map_or_else(Vec::new, |signature| {
            signature
                .parameters
                .iter()
                .map(|parameter| &parameter.ty)
                .collect()
        });
        if signature.is_some() && types.len() != request.arguments.len() {
            let (given, taken) = (request.arguments.len(), types.len());
            return Err(function::Error::new(format!(
                "It takes {taken} arguments, and got {given}."
            )));
        }
        let mut arguments = Vec::with_capacity(types.len());
        for (index, (ty, argument)) in types.iter().zip(&request.arguments).enumerate() {
            let decoded = wire::decode(ty, Some(argument));
            arguments.push(decoded.map_err(|error| function::Error::at(index, error.to_string()))?);
        }
        let result = self.service().call_function(&request.name, &arguments)?;
        let returns = signature.map_or(&Type::Dynamic, |signature| &signature.returns);
        Ok(wire::encode(returns, &result))
    }

    /// Calls a function.
    pub(super) async fn call_function_of(
        &self,
        request: proto::call_function::Request,
    ) -> Answer<proto::call_function::Response> {
        use proto::call_function::Response;
        let name = &request.name;
        let answer = |result: Result<_, function::Error>| match result {
            Ok(value) => Response {
                result: Some(value),
                error: None,
            },
            Err(error) => Response {
                result: None,
                error: Some(proto::FunctionError {
                    text: error.text,
                    function_argument: error.argument.and_then(|index| i64::try_from(index).ok()),
                }),
            },
        };
        // A panic is the only failure that comes as diagnostics.
        let failed = |told: Told| {
            let text = told
                .into_iter()
                .map(|one| format!("{}: {}", one.summary, one.detail));
            answer(Err(function::Error::new(text.collect::<Vec<_>>().join("\n"))))
        };
        let work = async { Ok(answer(self.called(&request))) };
        self.calls.run("CallFunction", name, work, failed).await
    }
}
