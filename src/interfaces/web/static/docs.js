// Draws the page of the API with Swagger UI, and adapts it through the plugin API of Swagger UI.
"use strict";

// The groups of a newcomer's first day. The page opens with the others closed, so that it is short enough to read.
const OPEN_GROUPS = ["Accounts", "Sessions", "Tasks"];

const portero = ({ React }) => ({
  wrapComponents: {
    // Open the dialog at the username. Swagger UI puts the focus into the last field, past the login.
    authorizationPopup: (Popup) =>
      class extends React.Component {
        componentDidMount() {
          document.getElementById("oauth_username")?.focus();
        }
        render() {
          return React.createElement(Popup, this.props);
        }
      },
    // Give each group its own state at the opening of the page. A click or a link to an operation changes it as usual.
    OperationTag: (Tag) => (props) => {
      const docExpansion = OPEN_GROUPS.includes(props.tag) ? "list" : "none";
      const getConfigs = () => ({ ...props.getConfigs(), docExpansion });
      return React.createElement(Tag, { ...props, getConfigs });
    },
    // Show no lock on an operation that takes a token but does not need one.
    OperationSummary: (Summary) => (props) => {
      const security = props.operationProps.get("security");
      const isOptional = security?.some((each) => each.isEmpty());
      const operationProps = isOptional ? props.operationProps.set("security", security.clear()) : props.operationProps;
      return React.createElement(Summary, { ...props, operationProps });
    },
  },
  statePlugins: {
    err: {
      wrapActions: {
        // Show the description of the service, which is a sentence, without the code before it.
        newAuthErr: (show) => (error) => show({ ...error, message: error.message.replace(/^.*, description: /s, "") }),
      },
    },
  },
});

SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.url,
  dom_id: "#swagger-ui",
  layout: "BaseLayout",
  plugins: [portero],
  deepLinking: true,
  persistAuthorization: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
});
