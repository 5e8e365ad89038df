/** The first dashboard to open: is it up, is it as usual, what fails, what is slow, and where. */
import { dashboard } from './dashboard.ts';
import { LATENCY_SECTION } from './overview-latency.ts';
import { NOW } from './overview-now.ts';
import { whereSection } from './overview-tables.ts';
import { BY_HOST_AND_SITE, TRAFFIC } from './overview-traffic.ts';
import { RESOLUTION_VARIABLE, SITE_VARIABLES } from './variables.ts';

export const OVERVIEW = dashboard({
  uid: 'nginx-overview',
  title: 'nginx / overview',
  description: 'Traffic, errors and latency of all sites, and where to look next.',
  variables: [...SITE_VARIABLES, RESOLUTION_VARIABLE],
  sections: [NOW, TRAFFIC, LATENCY_SECTION, whereSection(103), BY_HOST_AND_SITE],
});
