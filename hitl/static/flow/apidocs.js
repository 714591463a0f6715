// Draws the API's reference. What is tried goes to this service only: the content policy allows nothing else.

addEventListener("DOMContentLoaded", () => {
  const place = /** @type {HTMLElement} */ (document.getElementById("api-reference"));
  // @ts-ignore: a global of the bundle
  SwaggerUIBundle({
    url: place.dataset.openapi,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    tryItOutEnabled: false,
    validatorUrl: null,
  });
});
