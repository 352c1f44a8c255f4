// The types name the SDK's services as bundlers do; Node needs the file.
declare module '@mapbox/mapbox-sdk/services/tilesets.js' {
  export { default } from '@mapbox/mapbox-sdk/services/tilesets';
}

declare module '@mapbox/mapbox-sdk/services/tokens.js' {
  export { default } from '@mapbox/mapbox-sdk/services/tokens';
}
