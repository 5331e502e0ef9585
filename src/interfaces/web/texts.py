"""The texts of the pages, by language."""

TEXTS = {
    "en": {
        "login": "Sign in",
        "login_button": "Sign in",
        "login_done": "You are signed in.",
        "result": "These are the tokens for your application:",
        "verify": "Confirm your e-mail address",
        "verify_button": "Confirm",
        "verify_done": "Your address is confirmed.",
        "reset": "Set a new password",
        "reset_button": "Set the password",
        "reset_done": "Your new password is set. All sessions have ended: sign in with it.",
        "new_password": "New password",
        "failed": "The link is wrong, was used or has expired. Ask for a new mail.",
    },
    "es": {
        "login": "Entrar",
        "login_button": "Entrar",
        "login_done": "Has entrado.",
        "result": "Estos son los tokens para tu aplicación:",
        "verify": "Confirma tu correo electrónico",
        "verify_button": "Confirmar",
        "verify_done": "Tu dirección está confirmada.",
        "reset": "Elige una contraseña nueva",
        "reset_button": "Cambiar la contraseña",
        "reset_done": "Tu contraseña ha cambiado. Todas las sesiones se han cerrado: entra con ella.",
        "new_password": "Contraseña nueva",
        "failed": "El enlace no es correcto, ya se usó o ha caducado. Pide un correo nuevo.",
    },
}
